import { type OrderDocument, orderDocument, type OrderEntity, type RedemptionEntity } from '#customer';
import { expressionBuilder, type SelectQueryBuilder } from 'kysely';
import type { Tables } from '../schema.js';
import { type Conditions, conditionsOf, count, inOneView, millisecondOf, type Page, pageOf, scrolled } from './page.js';
import { type Db, lookUp, single } from '../statements.js';

/** The key of an order; several customers may have orders with the same id. */
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

/** Finds the oldest, when several customers have orders with the same id. */
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

/** Lists orders, by default the newest first. Throws ScrollTooWide. */
export function listOrders(db: Db, filter: OrderFilter): Promise<OrderPage> {
  return inOneView(db, async (tx) => {
    const { rows, has_more } = await listed(tx, filter);
    return { orders: await documents(tx, rows), total: await count(matching(tx, filter)), has_more };
  });
}

type Listed = SelectQueryBuilder<Tables, 'orders', unknown>;

const CONDITIONS: Conditions<'orders', Omit<OrderFilter, 'limit' | 'page' | 'order' | 'starting_after'>> = {
  customer_id: (row, id) => [row('customer_id', '=', id)],
};

function matching(db: Db, filter: OrderFilter): Listed {
  const row = expressionBuilder<Tables, 'orders'>();
  const [all, conditions] = [db.selectFrom('orders'), conditionsOf(CONDITIONS, filter, row)];
  // SQLite counts all rows faster without any condition
  return conditions.length === 0 ? all : all.where(row.and(conditions));
}

type ListedRow = Row & Pick<Tables['orders'], 'created_at'>;

async function listed(db: Db, filter: OrderFilter): Promise<Page<ListedRow>> {
  const { limit = LIMIT, page = 1, order = '-created_at', starting_after } = filter;
  if (starting_after !== undefined) return scrolled(scrollOf(db, filter, order), starting_after, limit);
  const query = sorted(matching(db, filter), order);
  const rows = await query
    .limit(limit + 1)
    .offset((page - 1) * limit)
    .execute();
  return pageOf(rows, limit);
}

function scrollOf(db: Db, filter: OrderFilter, order: NonNullable<OrderFilter['order']>) {
  const those = (query: Listed, limit: number): Promise<ListedRow[]> => sorted(query, order).limit(limit).execute();
  const all = matching(db, filter);
  return {
    what: 'orders',
    timeOf: (row: ListedRow) => row.created_at,
    beyond: (at: string, limit: number) => {
      const { from, to } = millisecondOf(at);
      return those(
        order === 'created_at' ? all.where('created_at', '>', to) : all.where('created_at', '<', from),
        limit,
      );
    },
    tied: (at: string, limit: number) => {
      const { from, to } = millisecondOf(at);
      return those(all.where('created_at', '>=', from).where('created_at', '<=', to), limit);
    },
  };
}

function sorted(query: Listed, order: NonNullable<OrderFilter['order']>) {
  const direction = order === 'created_at' ? 'asc' : 'desc';
  return query
    .select([...COLUMNS, 'created_at'])
    .orderBy('created_at', direction)
    .orderBy('order_id', direction)
    .orderBy('customer_id', direction);
}

/** The objects of the orders with these keys, by key; unknown ones are absent. */
export async function orderDocuments(db: Db, keys: readonly OrderKey[]): Promise<Map<string, OrderDocument>> {
  const rows = await loadOrders(db, keys.map(valuesOf));
  const all = await documents(db, rows);
  return new Map(
    rows.map((row, index) => [orderKey(row), all[index]] as const).flatMap(([key, one]) => (one ? [[key, one]] : [])),
  );
}

/** The key as one text. */
export const orderKey = (key: OrderKey): string => JSON.stringify(valuesOf(key));

const valuesOf = ({ customer_id, order_id }: OrderKey): [string, string] => [customer_id, order_id];

/** The objects of orders, in the order of the rows. */
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
