import { differences, pointer } from '#customer';
import { type CustomerRows, NO_ROWS, type Row } from './entities.js';
import { headOf } from '../heads.js';
import { foldWhole } from './folding.js';
import { type Incoming, noCustomer, Work } from './projection.js';
import type { Db } from '../statements.js';
import { rowsOf } from './rows.js';

/** The tables with rows of customers, and the column with the customer's id. */
export const OWNED = {
  customers: 'id',
  orders: 'customer_id',
  redemptions: 'customer_id',
  entities: 'customer_id',
  activities: 'customer_id',
} as const satisfies { readonly [table in keyof CustomerRows]: string };

/** Loads all rows of some customers; customers without rows are absent. */
export async function loadRows(db: Db, ids: readonly string[]): Promise<Map<string, CustomerRows>> {
  const loaded = new Map<string, { [table in keyof CustomerRows]: Row[] }>();
  if (ids.length === 0) return loaded;
  for (const table of Object.keys(OWNED) as (keyof CustomerRows)[]) {
    const column = OWNED[table] as 'customer_id';
    const rows: readonly Row[] = await db
      .selectFrom(table as 'orders')
      .selectAll()
      .where(column, 'in', ids)
      .execute();
    for (const row of rows) {
      const id = row[column] as string;
      const own = loaded.get(id) ?? { customers: [], orders: [], redemptions: [], entities: [], activities: [] };
      own[table].push(row);
      loaded.set(id, own);
    }
  }
  return loaded;
}

/** The rows that a fold of a customer's first events makes, up to the first that cannot be folded. */
export function foldAfresh(id: string, incoming: readonly Incoming[]): CustomerRows {
  // nothing was stored before, so the fold needs no lookups
  const projected = foldWhole(new Work(id, noCustomer, incoming));
  return projected.position === noCustomer.position ? NO_ROWS : rowsOf(projected);
}

/** The paths at which two sets of rows differ, such as `document/summary/orders/total_amount`, without values. */
export function differingPaths(one: CustomerRows | undefined, other: CustomerRows | undefined): string[] {
  const [before, after] = [membersOf(one ?? NO_ROWS), membersOf(other ?? NO_ROWS)];
  const paths = [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
    const [was, is] = [before.get(key), after.get(key)];
    // a row that only one side has is one difference, not one for each of its fields
    if (was === undefined || is === undefined) return key === '' ? '/customer' : key;
    return differences(was, is).map(({ path }) => key + path);
  });
  return paths.map((path) => path.slice(1));
}

/** Rows by their path in a report; the customer's own has the empty path. */
function membersOf({ customers, orders, redemptions, entities, activities }: CustomerRows): Map<string, object> {
  const members = new Map<string, object>();
  for (const { id: _, head, document, ...row } of customers)
    members.set('', { ...row, head: headOf(head as string), document: parsed(document) });
  for (const row of orders) note(members, ['orders', row['order_id']], row);
  for (const row of redemptions) note(members, ['redemptions', row['redemption_id']], row);
  for (const row of entities) note(members, ['entities', row['kind'], row['entity_id']], row);
  for (const row of activities) note(members, ['activities', row['id']], row);
  return members;
}

function note(members: Map<string, object>, keys: readonly unknown[], { data, ...row }: Row): void {
  members.set(pointer(keys.map(String)), { ...row, data: parsed(data) });
}

/** Parses JSON before a comparison, because a database may change the order of its keys. */
const parsed = (text: unknown): unknown => (typeof text === 'string' ? (JSON.parse(text) as unknown) : null);
