import { sql } from 'kysely';
import type { Db } from '../queries/statements.js';

/** Columns that each order sorts by, as the indexes of the lists have them; the first may be absent, the others never are. */
const ORDERS = {
  id: ['id'],
  name: ['name_key', 'created_at', 'id'],
  email: ['email_key', 'created_at', 'id'],
  source_id: ['source_id', 'id'],
  created_at: ['created_at', 'id'],
  updated_at: ['changed_at', 'id'],
} as const;

type Name = keyof typeof ORDERS;
export type CustomerExportOrder = Name | `-${Name}`;

/** The sort keys of the last customer of a page. */
export type CustomerCursor = readonly (string | null)[];

export interface CustomerRows {
  /** The contract's customer objects as JSON text. */
  readonly documents: readonly string[];
  /** Undefined after the last one. */
  readonly next: CustomerCursor | undefined;
}

/** Active customers in an order, page by page, without a page number: the cost of a page does not grow with its distance. */
export async function customersAfter(
  db: Db,
  order: CustomerExportOrder,
  cursor: CustomerCursor | undefined,
  limit: number,
): Promise<CustomerRows> {
  const columns = ORDERS[order.replace('-', '') as Name];
  const descending = order.startsWith('-');
  let query = db.selectFrom('customers').select(['document', ...columns]).where(sql<boolean>`status = 'active'`); // prettier-ignore
  if (cursor) query = query.where(beyond(columns, cursor, descending));
  for (const column of columns)
    query = query.orderBy(column, (by) => (descending ? by.desc().nullsLast() : by.asc().nullsFirst()));
  const rows = await query.limit(limit).execute();
  const last = rows.length === limit ? rows.at(-1) : undefined;
  return {
    documents: rows.flatMap(({ document }) => document ?? []),
    next: last && columns.map((column) => (last as Record<string, string | null>)[column] ?? null),
  };
}

/** Behind a row in the order; absent values come first, and last in descending order. */
function beyond(columns: readonly string[], cursor: CustomerCursor, descending: boolean) {
  const [column = 'id', ...others] = columns;
  const [value = null, ...rest] = cursor;
  const key = sql.ref(column);
  const past = sql.raw(descending ? '<' : '>');
  const within = others.length === 0 ? sql<boolean>`1 = 0` : beyondIn(others, rest, past);
  if (value === null) return descending ? sql<boolean>`${key} is null and ${within}` : sql<boolean>`(${key} is not null or (${key} is null and ${within}))`; // prettier-ignore
  // the first half lets an index begin where the page does
  const ahead = sql<boolean>`${key} ${past}= ${value} and (${key} ${past} ${value} or ${within})`;
  return descending && others.length > 0 ? sql<boolean>`((${ahead}) or ${key} is null)` : sql<boolean>`(${ahead})`;
}

function beyondIn(columns: readonly string[], cursor: CustomerCursor, past: ReturnType<typeof sql.raw>) {
  const tuple = sql.join(columns.map((column) => sql.ref(column)));
  return sql<boolean>`(${tuple}) ${past} (${sql.join(cursor)})`;
}
