import { simpleCustomer, type SimpleCustomer } from '#activity';
import { type Db, lookUp } from '../statements.js';

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
