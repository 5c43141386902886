import type { OrderEntity, RedemptionEntity } from '#customer';
import type { Exported, ExportRow } from '#read-model';

/** What an export has columns for. */
export interface Catalog {
  readonly fields: readonly string[];
  readonly defaults: readonly string[];
  readonly order: string;
  /** The values of a row by field, `metadata` as it is; undefined when there is nothing to show yet. */
  readonly read: (row: ExportRow) => Values | undefined;
}

export type Values = Readonly<Record<string, unknown>>;

const ADDRESS = ['city', 'state', 'line_1', 'line_2', 'country', 'postal_code'] as const;
const REDEEMED = ['redeemed', 'failed', 'succeeded', 'rolled_back', 'rollback_failed', 'rollback_succeeded'] as const;
const ORDERED = ['total_amount', 'total_count', 'average_amount', 'last_order_amount', 'last_order_date'] as const;

const pick = (prefix: string, names: readonly string[], from: object | null, under = ''): [string, unknown][] =>
  names.map((name) => [`${prefix}${name}`, (from as Values | null)?.[`${under}${name}`]]);

/** What exports show of the contract's object. */
interface Customer extends Values {
  readonly address: object | null;
  readonly summary: { readonly redemptions: { readonly loyalty_card: { readonly points_to_go: number } }; readonly orders: object }; // prettier-ignore
  readonly loyalty: { readonly referred_customers: number };
}

/** Contract 5.4; `loyalty_points` are the points to go over all cards. */
function customerValues({ document }: ExportRow): Values {
  const { summary, loyalty, address, ...own } = JSON.parse(document) as Customer;
  return {
    ...own,
    ...Object.fromEntries([
      ...pick('address_', ADDRESS, address),
      ...pick('redemptions_total_', REDEEMED, summary.redemptions, 'total_'),
      ...pick('orders_', ORDERED, summary.orders),
    ]),
    loyalty_points: summary.redemptions.loyalty_card.points_to_go,
    loyalty_referred_customers: loyalty.referred_customers,
  };
}

function orderValues({ id, customer_id, data }: ExportRow): Values {
  const { values, first_at, last_at } = JSON.parse(data ?? '{}') as OrderEntity;
  const { created_at = first_at } = values;
  return { ...values, id, customer_id, created_at, ...(last_at > first_at && { updated_at: last_at }) };
}

function redemptionValues({ id, customer_id, document, data }: ExportRow): Values | undefined {
  const { redemption } = JSON.parse(data ?? '{}') as RedemptionEntity;
  if (!redemption) return undefined;
  const { source_id, name } = JSON.parse(document) as Values;
  const { voucher, gift, loyalty_card, order, date, ...rest } = redemption.values;
  const card: Values = { ...voucher };
  return {
    ...rest,
    ...{ id, object: 'redemption', customer_id, customer_source_id: source_id, customer_name: name },
    date: date ?? redemption.times['result'],
    ...(voucher && { voucher_code: voucher.code ?? voucher.id, campaign: card['campaign'] }),
    ...{ gift_amount: gift?.amount, loyalty_points: loyalty_card?.points, order_id: order?.id },
  };
}

export const catalogs: Readonly<Record<Exported, Catalog>> = {
  customer: {
    fields: [
      ...['name', 'id', 'description', 'email', 'source_id', 'created_at', 'updated_at', 'phone', 'birthday'],
      ...['birthdate', 'metadata', ...ADDRESS.map((name) => `address_${name}`)],
      ...REDEEMED.map((name) => `redemptions_total_${name}`),
      ...ORDERED.map((name) => `orders_${name}`),
      ...['loyalty_points', 'loyalty_referred_customers'],
    ],
    defaults: ['name', 'source_id'],
    order: '-created_at',
    read: customerValues,
  },
  order: {
    fields: [
      ...['id', 'source_id', 'created_at', 'updated_at', 'status', 'amount', 'initial_amount', 'discount_amount'],
      ...['items_discount_amount', 'total_discount_amount', 'total_amount', 'customer_id', 'referrer_id', 'metadata'],
    ],
    defaults: ['id', 'source_id', 'status'],
    order: '-created_at',
    read: orderValues,
  },
  redemption: {
    fields: [
      ...['id', 'object', 'date', 'voucher_code', 'campaign', 'customer_id', 'customer_source_id', 'customer_name'],
      ...['tracking_id', 'order_id', 'amount', 'gift_amount', 'loyalty_points', 'result', 'failure_code'],
      ...['failure_message', 'metadata'],
    ],
    defaults: ['id', 'object', 'voucher_code', 'customer_id', 'date', 'result'],
    order: '-date',
    read: redemptionValues,
  },
};

const METADATA = 'metadata.';

/** A field of the catalog, or one key of the metadata. */
export const isField = ({ fields }: Catalog, name: string): boolean =>
  fields.includes(name) || (name.startsWith(METADATA) && name.length > METADATA.length);

export function valueOf(values: Values, field: string): unknown {
  if (!field.startsWith(METADATA)) return values[field];
  const { metadata } = values as { readonly metadata?: Values };
  const key = field.slice(METADATA.length);
  return metadata && Object.hasOwn(metadata, key) ? metadata[key] : undefined;
}
