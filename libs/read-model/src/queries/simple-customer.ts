import { type Db, lookUp } from './statements.js';

const loadCustomers = lookUp('customers', ['id'], ['id', 'status', 'document']);

/** The SimpleCustomers of these ids; only the id for a customer that is not active. */
export async function simpleCustomers(db: Db, ids: readonly string[]): Promise<(id: string) => SimpleCustomer> {
  const rows = await loadCustomers(
    db,
    [...new Set(ids)].map((id) => [id]),
  );
  const documents = new Map(rows.map(({ id, status, document }) => [id, status === 'active' ? document : null]));
  return (id) => simpleCustomer(id, JSON.parse(documents.get(id) ?? '{}') as object);
}

/** The contract's SimpleCustomer: unset fields are null here, not absent. */
export interface SimpleCustomer {
  readonly id: string;
  readonly name: unknown;
  readonly email: unknown;
  readonly source_id: unknown;
  readonly metadata: unknown;
  readonly object: 'customer';
}

/** Renders it from a customer's document, if there is one. */
export function simpleCustomer(id: string, document: object | undefined): SimpleCustomer {
  const { name = null, email = null, source_id = null, metadata = {} } = { ...document } as Record<string, unknown>;
  return { id, name, email, source_id, metadata, object: 'customer' };
}
