import { type Head, type OrderEntity, shown } from '#customer';
import { headOf } from '../heads.js';
import { type CustomerRow } from './customer.js';
import { type Db, single } from '../statements.js';

/** The overview that an active customer sees. */
export interface CustomerOverview extends CustomerRow {
  /** The source of the document, with names where the document has ids. */
  readonly head: Head;
  /** The latest orders first. */
  readonly orders: readonly OrderLine[];
}

export interface OrderLine {
  readonly id: string;
  /** The shop's own number, where a fact gave one. */
  readonly source_id?: string;
  readonly status: string;
  /** Minor units. */
  readonly amount: number | null;
  readonly created_at: string;
}

interface OverviewRow extends CustomerRow {
  readonly head: string;
}

interface OrderRow {
  readonly order_id: string;
  readonly status: string | null;
  readonly amount: number | string | null;
  readonly created_at: string;
  readonly data: string;
}

/** The most orders that the overview shows. */
export const ORDERS_MAX = 20;

const byId = single<OverviewRow>((db) =>
  db
    .selectFrom('customers')
    .select(['id', 'revision', 'document', 'head'])
    .where('id', '=', '')
    .where('status', '=', 'active')
    .compile(),
);

const latestOrders = single<OrderRow>((db) =>
  db
    .selectFrom('orders')
    .select(['order_id', 'status', 'amount', 'created_at', 'data'])
    .where('customer_id', '=', '')
    .orderBy('created_at', 'desc')
    .orderBy('order_id', 'desc')
    .limit(ORDERS_MAX)
    .compile(),
);

/** Looks up by id alone, because a source id may belong to another customer by now. */
export async function findCustomerOverview(db: Db, id: string): Promise<CustomerOverview | undefined> {
  const [row] = await byId(db, [id, 'active']);
  if (!row) return undefined;
  const orders = await latestOrders(db, [id, ORDERS_MAX]);
  return { ...row, head: headOf(row.head), orders: orders.map(lineOf) };
}

function lineOf({ order_id, status, amount, created_at, data }: OrderRow): OrderLine {
  const { source_id } = (JSON.parse(data) as OrderEntity).values;
  return {
    id: order_id,
    ...(source_id !== undefined && { source_id }),
    status: status ?? 'CREATED',
    amount: amount === null ? null : Number(amount),
    created_at: shown(created_at),
  };
}
