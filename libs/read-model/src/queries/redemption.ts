import { type RedemptionDocument, redemptionDocument, type RedemptionEntity } from '#customer';
import type { SelectQueryBuilder } from 'kysely';
import type { Tables } from '../schema.js';
import { orderDocuments, orderKey } from './order.js';
import { type Conditions, conditionsOf, count, inOneView, inPeriod, pageOf, type Period } from './page.js';
import { simpleCustomers } from './simple-customer.js';
import type { Db } from '../statements.js';

/** `created_at` bounds the redemption's `date` and excludes both instants. */
export interface RedemptionFilter {
  readonly limit?: number | undefined;
  readonly page?: number | undefined;
  readonly order?: 'created_at' | '-created_at' | undefined;
  /** Id of a customer. */
  readonly customer_id?: string | undefined;
  readonly result?: 'SUCCESS' | 'FAILURE' | undefined;
  /** Name of the voucher's campaign. */
  readonly campaign?: string | undefined;
  /** Code or id of the voucher. */
  readonly voucher?: string | undefined;
  readonly created_at?: Period | undefined;
}

export interface RedemptionPage {
  readonly redemptions: readonly RedemptionDocument[];
  /** Redemptions that match the filter, whatever the page. */
  readonly total: number;
  readonly has_more: boolean;
}

const LIMIT = 10;
const COLUMNS = ['customer_id', 'redemption_id', 'data'] as const;
type Row = Pick<Tables['redemptions'], (typeof COLUMNS)[number]>;
type Listed = SelectQueryBuilder<Tables, 'redemptions', unknown>;

/** The redemption with this id; the oldest, when several customers have one. */
export async function findRedemption(db: Db, id: string): Promise<RedemptionDocument | undefined> {
  const rows = await matching(db, {})
    .select(COLUMNS)
    .where('redemption_id', '=', id)
    .orderBy('created_at')
    .orderBy('customer_id')
    .limit(1)
    .execute();
  return (await documents(db, rows))[0];
}

/** Lists redemptions, by default the newest first. */
export function listRedemptions(db: Db, filter: RedemptionFilter): Promise<RedemptionPage> {
  return inOneView(db, async (tx) => {
    const { limit = LIMIT, page = 1, order = '-created_at' } = filter;
    const direction = order === 'created_at' ? 'asc' : 'desc';
    const found = await matching(tx, filter)
      .select(COLUMNS)
      .orderBy('created_at', direction)
      .orderBy('redemption_id', direction)
      .orderBy('customer_id', direction)
      .limit(limit + 1)
      .offset((page - 1) * limit)
      .execute();
    const { rows, has_more } = pageOf(found, limit);
    return { redemptions: await documents(tx, rows), total: await count(matching(tx, filter)), has_more };
  });
}

const CONDITIONS: Conditions<'redemptions', Omit<RedemptionFilter, 'limit' | 'page' | 'order'>> = {
  customer_id: (row, id) => [row('customer_id', '=', id)],
  result: (row, result) => [row('result', '=', result)],
  campaign: (row, name) => [row('campaign', '=', name)],
  voucher: (row, name) => [row.or([row('voucher_id', '=', name), row('voucher_code', '=', name)])],
  created_at: (row, period) => inPeriod(period, (sign, at) => row('created_at', sign, at)),
};

const matching = (db: Db, filter: RedemptionFilter): Listed =>
  db
    .selectFrom('redemptions')
    .where('created_at', 'is not', null)
    .where((row) => row.and(conditionsOf(CONDITIONS, filter, row)));

/** The objects of redemptions, each with its customer and its order. */
async function documents(db: Db, rows: readonly Row[]): Promise<RedemptionDocument[]> {
  const all = rows.map((row) => ({ ...row, entity: JSON.parse(row.data) as RedemptionEntity }));
  const orders = await orderDocuments(
    db,
    all.flatMap(({ customer_id, entity }) => {
      const order = entity.redemption?.values.order;
      return order ? [{ customer_id, order_id: order.id }] : [];
    }),
  );
  const customers = await simpleCustomers(
    db,
    rows.map(({ customer_id }) => customer_id),
  );
  return all.flatMap(({ customer_id, redemption_id, entity }) => {
    const order_id = entity.redemption?.values.order?.id ?? '';
    const order = orders.get(orderKey({ customer_id, order_id }));
    return redemptionDocument(customers(customer_id), redemption_id, entity, order) ?? [];
  });
}
