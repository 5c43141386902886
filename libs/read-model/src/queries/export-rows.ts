import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../statements.js';

export type Exported = 'customer' | 'order' | 'redemption';

/** The sort keys of the last row of a page. */
export type ExportCursor = readonly (string | null)[];

/** A row with the contract's customer object, and the stored entity (for customers the head), both JSON text. */
export interface ExportRow {
  readonly id: string;
  readonly document: string;
  readonly customer_id: string;
  readonly data: string;
  /** The amount of a redemption's order. */
  readonly order_amount?: number | null;
}

export interface ExportPage {
  readonly rows: readonly ExportRow[];
  /** Undefined on the last page. */
  readonly next: ExportCursor | undefined;
}

interface Source {
  readonly from: RawBuilder<unknown>;
  readonly where: RawBuilder<unknown>;
  readonly row: RawBuilder<unknown>;
  /** The columns that each order sorts by, as in the indexes; only the first may be null. */
  readonly orders: Readonly<Record<string, readonly string[]>>;
}

const active = sql`customers.status = 'active'`;

const ofCustomer = (table: 'orders' | 'redemptions'): RawBuilder<unknown> =>
  sql`${sql.table(table)} join ${sql.table('customers')} on customers.id = ${sql.ref(`${table}.customer_id`)}`;

const BY_DATE = ['redemptions.created_at', 'redemptions.redemption_id', 'redemptions.customer_id'];

const SOURCES: Readonly<Record<Exported, Source>> = {
  customer: {
    from: sql.table('customers'),
    where: active,
    row: sql`customers.id as id, customers.id as customer_id, customers.document as document, customers.head as data`,
    orders: {
      id: ['customers.id'],
      name: ['customers.name_key', 'customers.created_at', 'customers.id'],
      email: ['customers.email_key', 'customers.created_at', 'customers.id'],
      source_id: ['customers.source_id', 'customers.id'],
      created_at: ['customers.created_at', 'customers.id'],
      updated_at: ['customers.changed_at', 'customers.id'],
    },
  },
  order: {
    from: ofCustomer('orders'),
    where: active,
    row: sql`orders.order_id as id, orders.customer_id as customer_id, customers.document as document, orders.data as data`,
    orders: {
      id: ['orders.order_id', 'orders.customer_id'],
      created_at: ['orders.created_at', 'orders.order_id', 'orders.customer_id'],
    },
  },
  redemption: {
    from: sql`${ofCustomer('redemptions')} left join orders
      on orders.customer_id = redemptions.customer_id and orders.order_id = redemptions.order_id`,
    where: active,
    row: sql`redemptions.redemption_id as id, redemptions.customer_id as customer_id, customers.document as document,
      redemptions.data as data, orders.amount as order_amount`,
    orders: {
      id: ['redemptions.redemption_id', 'redemptions.customer_id'],
      customer_id: ['redemptions.customer_id', 'redemptions.redemption_id'],
      ...{ date: BY_DATE, created_at: BY_DATE },
    },
  },
};

/** The orders of an export; a leading `-` reverses them. */
export const exportOrders = (of: Exported): readonly string[] => Object.keys(SOURCES[of].orders);

/** Reads a page of rows of active customers by keyset, so that its cost does not grow with its number. */
export async function exportRows(
  db: Db,
  of: Exported,
  order: string,
  cursor: ExportCursor | undefined,
  limit: number,
): Promise<ExportPage> {
  const { from, where, row, orders } = SOURCES[of];
  const columns = (orders[order.replace('-', '')] ?? []).map((column) => sql.ref(column));
  const isDown = order.startsWith('-');
  const keys = sql.join(columns.map((column, at) => sql`${column} as ${sql.ref(`key_${at}`)}`));
  const sorting = sql.join(
    columns.map((column) => (isDown ? sql`${column} desc nulls last` : sql`${column} asc nulls first`)),
  );
  const rest = cursor ? sql`and ${beyond(columns, cursor, isDown)}` : sql``;
  const { rows } = await sql<ExportRow & Record<string, string | null>>`
    select ${row}, ${keys} from ${from} where ${where} ${rest} order by ${sorting} limit ${sql.lit(limit)}`.execute(db);
  const last = rows.length === limit ? rows.at(-1) : undefined;
  return { rows, next: last && columns.map((_, at) => last[`key_${at}`] ?? null) };
}

/** The condition for rows after the cursor: nulls come first when ascending, last when descending. */
function beyond(
  columns: readonly RawBuilder<unknown>[],
  [value = null, ...others]: ExportCursor,
  isDown: boolean,
): RawBuilder<unknown> {
  const [key = sql``, ...rest] = columns;
  const past = sql.raw(isDown ? '<' : '>');
  const later = rest.length === 0 ? sql`1 = 0` : sql`(${sql.join(rest)}) ${past} (${sql.join(others)})`;
  if (value === null) return isDown ? sql`${key} is null and ${later}` : sql`(${key} is not null or ${later})`;
  // the first half lets the index start at the cursor
  const ahead = sql`(${key} ${past}= ${value} and (${key} ${past} ${value} or ${later}))`;
  return isDown ? sql`(${ahead} or ${key} is null)` : ahead;
}
