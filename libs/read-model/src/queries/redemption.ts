import { type RedemptionDocument, redemptionDocument, type RedemptionEntity } from '#customer';
import type { ExpressionBuilder, SelectQueryBuilder } from 'kysely';
import type { Tables } from '../schema.js';
import { simpleCustomer } from './activity.js';
import { orderDocuments, orderKey } from './order.js';
import { type Db, lookUp } from './statements.js';

/** Both bounds exclude their instant; they are of the redemption's `date`. */
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
  readonly created_at?: { readonly before?: string | undefined; readonly after?: string | undefined } | undefined;
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

const loadCustomers = lookUp('customers', ['id'], ['id', 'document']);

/** The redemption with this id; where several customers have one, the oldest. */
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

/** Newest first unless asked otherwise. */
export function listRedemptions(db: Db, filter: RedemptionFilter): Promise<RedemptionPage> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (tx) => {
      const { limit = LIMIT, page = 1, order = '-created_at' } = filter;
      const direction = order === 'created_at' ? 'asc' : 'desc';
      const rows = await matching(tx, filter)
        .select(COLUMNS)
        .orderBy('created_at', direction)
        .orderBy('redemption_id', direction)
        .orderBy('customer_id', direction)
        .limit(limit + 1)
        .offset((page - 1) * limit)
        .execute();
      const { found } = await matching(tx, filter)
        .select((row) => row.fn.countAll<number>().as('found'))
        .executeTakeFirstOrThrow();
      const redemptions = await documents(tx, rows.slice(0, limit));
      return { redemptions, total: Number(found), has_more: rows.length > limit };
    });
}

function matching(db: Db, { customer_id, result, campaign, voucher, created_at }: RedemptionFilter): Listed {
  return db
    .selectFrom('redemptions')
    .where('created_at', 'is not', null)
    .where((row: ExpressionBuilder<Tables, 'redemptions'>) =>
      row.and([
        ...given(customer_id, (id) => row('customer_id', '=', id)),
        ...given(result, (one) => row('result', '=', one)),
        ...given(campaign, (name) => row('campaign', '=', name)),
        ...given(voucher, (name) => row.or([row('voucher_id', '=', name), row('voucher_code', '=', name)])),
        ...given(created_at?.before, (at) => row('created_at', '<', at)),
        ...given(created_at?.after, (at) => row('created_at', '>', at)),
      ]),
    );
}

const given = <T>(value: string | undefined, condition: (value: string) => T): T[] =>
  value === undefined ? [] : [condition(value)];

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
  const customers = await simpleCustomers(db, [...new Set(rows.map(({ customer_id }) => customer_id))]);
  return all.flatMap(({ customer_id, redemption_id, entity }) => {
    const customer = customers.get(customer_id) ?? simpleCustomer(customer_id, undefined);
    const order_id = entity.redemption?.values.order?.id ?? '';
    const order = orders.get(orderKey({ customer_id, order_id }));
    return redemptionDocument(customer, redemption_id, entity, order) ?? [];
  });
}

async function simpleCustomers(db: Db, ids: readonly string[]) {
  const rows = await loadCustomers(db, ids.map((id) => [id])); // prettier-ignore
  return new Map(rows.map(({ id, document }) => [id, simpleCustomer(id, JSON.parse(document ?? '{}') as object)]));
}
