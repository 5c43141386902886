import { type OrderDocument, orderDocument, type OrderEntity, type RedemptionEntity } from '#customer';
import type { SelectQueryBuilder } from 'kysely';
import type { Tables } from '../schema.js';
import { ScrollTooWide, TIES_MAX } from './customer.js';
import { type Db, lookUp, single } from './statements.js';

/** Whose order it is; an id alone may be several customers'. */
export interface OrderKey {
  readonly customer_id: string;
  readonly order_id: string;
}

export interface OrderFilter {
  readonly limit?: number | undefined;
  readonly page?: number | undefined;
  readonly order?: 'created_at' | '-created_at' | undefined;
  /** Id of a customer. */
  readonly customer_id?: string | undefined;
  /** Exclusive cursor on `created_at`; `page` is ignored beside it. */
  readonly starting_after?: string | undefined;
}

export interface OrderPage {
  readonly orders: readonly OrderDocument[];
  /** Orders that match the filter, whatever the page or cursor. */
  readonly total: number;
  readonly has_more: boolean;
}

type Row = Pick<Tables['orders'], 'customer_id' | 'order_id' | 'data'>;

const LIMIT = 10;
const COLUMNS = ['customer_id', 'order_id', 'data'] as const;

const loadRedemptions = lookUp(
  'redemptions',
  ['customer_id', 'order_id'],
  ['customer_id', 'order_id', 'redemption_id', 'data'],
);
const loadOrders = lookUp('orders', ['customer_id', 'order_id'], COLUMNS);

/** Where several customers have one of the same name, the oldest. */
const found = (db: Db) => db.selectFrom('orders').select(COLUMNS).orderBy('created_at').orderBy('customer_id').limit(1);
const byId = single<Row>((db) => found(db).where('order_id', '=', '').compile());
const bySourceId = single<Row>((db) => found(db).where('source_id', '=', '').compile());

/** The order with this id, else with this source id. */
export async function findOrder(db: Db, ref: string): Promise<OrderDocument | undefined> {
  const row = await rowOf(db, ref);
  return row && (await documents(db, [row]))[0];
}

export async function findOrderKey(db: Db, ref: string): Promise<OrderKey | undefined> {
  return rowOf(db, ref);
}

async function rowOf(db: Db, ref: string): Promise<Row | undefined> {
  // the limit is bound after the value
  return (await byId(db, [ref, 1]))[0] ?? (await bySourceId(db, [ref, 1]))[0];
}

/** Newest first unless asked otherwise. Throws ScrollTooWide. */
export function listOrders(db: Db, filter: OrderFilter): Promise<OrderPage> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (tx) => {
      const { rows, has_more } = await pageOf(tx, filter);
      const { found: total } = await matching(tx, filter)
        .select((row) => row.fn.countAll<number>().as('found'))
        .executeTakeFirstOrThrow();
      return { orders: await documents(tx, rows), total: Number(total), has_more };
    });
}

type Listed = SelectQueryBuilder<Tables, 'orders', unknown>;

const matching = (db: Db, { customer_id }: OrderFilter): Listed => {
  const all = db.selectFrom('orders');
  return customer_id === undefined ? all : all.where('customer_id', '=', customer_id);
};

type ListedRow = Row & Pick<Tables['orders'], 'created_at'>;
interface Page {
  readonly rows: readonly ListedRow[];
  readonly has_more: boolean;
}

async function pageOf(db: Db, filter: OrderFilter): Promise<Page> {
  const { limit = LIMIT, page = 1, order = '-created_at', starting_after } = filter;
  if (starting_after !== undefined) return scrolled(db, filter, { limit, order, starting_after });
  const query = sorted(matching(db, filter), order);
  const rows = await query
    .limit(limit + 1)
    .offset((page - 1) * limit)
    .execute();
  return { rows: rows.slice(0, limit), has_more: rows.length > limit };
}

interface Scroll {
  readonly limit: number;
  readonly order: NonNullable<OrderFilter['order']>;
  readonly starting_after: string;
}

/** A cursor names an instant, so a page that one began takes in all orders that share its last one. */
async function scrolled(db: Db, filter: OrderFilter, { limit, order, starting_after }: Scroll): Promise<Page> {
  const past = order === 'created_at' ? '>' : '<';
  const beyond = (at: string): Listed => matching(db, filter).where('created_at', past, at);
  const query = sorted(beyond(starting_after), order);
  const rows = await query.limit(limit + 1).execute();
  const [last, next] = [rows[limit - 1], rows[limit]];
  if (!last || next?.created_at !== last.created_at)
    return { rows: rows.slice(0, limit), has_more: rows.length > limit };
  const ties = await sorted(matching(db, filter).where('created_at', '=', last.created_at), order)
    .limit(TIES_MAX + 1)
    .execute();
  if (ties.length > TIES_MAX) throw new ScrollTooWide('orders', last.created_at);
  const more = await sorted(beyond(last.created_at), order).limit(1).execute();
  return { rows: [...rows.filter((row) => row.created_at !== last.created_at), ...ties], has_more: more.length > 0 };
}

function sorted(query: Listed, order: NonNullable<OrderFilter['order']>) {
  const direction = order === 'created_at' ? 'asc' : 'desc';
  return query
    .select([...COLUMNS, 'created_at'])
    .orderBy('created_at', direction)
    .orderBy('order_id', direction)
    .orderBy('customer_id', direction);
}

/** The objects of the orders with these keys, by key; unknown ones are left out. */
export async function orderDocuments(db: Db, keys: readonly OrderKey[]): Promise<Map<string, OrderDocument>> {
  const rows = await loadOrders(db, keys.map(valuesOf)); // prettier-ignore
  const all = await documents(db, rows);
  return new Map(
    rows.map((row, index) => [orderKey(row), all[index]] as const).flatMap(([key, one]) => (one ? [[key, one]] : [])),
  );
}

/** One text per key. */
export const orderKey = (key: OrderKey): string => JSON.stringify(valuesOf(key));

const valuesOf = ({ customer_id, order_id }: OrderKey): [string, string] => [customer_id, order_id];

/** The objects of orders, in the order in which they are given. */
async function documents(db: Db, rows: readonly Row[]): Promise<OrderDocument[]> {
  const redemptions = new Map<string, [id: string, redemption: RedemptionEntity][]>();
  for (const row of await loadRedemptions(db, rows.map(valuesOf))) {
    const key = orderKey({ customer_id: row.customer_id, order_id: row.order_id ?? '' });
    redemptions.set(key, [
      ...(redemptions.get(key) ?? []),
      [row.redemption_id, JSON.parse(row.data) as RedemptionEntity],
    ]);
  }
  return rows.map((row) =>
    orderDocument(
      row.customer_id,
      row.order_id,
      JSON.parse(row.data) as OrderEntity,
      redemptions.get(orderKey(row)) ?? [],
    ),
  );
}
