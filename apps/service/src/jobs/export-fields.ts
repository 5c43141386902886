import {
  type Head,
  headFrom,
  orderDocument,
  type OrderEntity,
  redemptionDocument,
  type RedemptionEntity,
} from '#customer';
import type { Exported, ExportRow } from '#read-model';
import { attributeNamed, type Subject, valueAt, type ValueType } from '#segment';
import { typeNamed } from '../queries/filters.js';

/** The columns, order and filters of one exported object. */
export interface Catalog {
  readonly fields: readonly string[];
  readonly defaults: readonly string[];
  readonly order: string;
  /** The type of a filter that is not a field; undefined for an unknown name. */
  readonly filter: (name: string) => ValueType | undefined;
  /** The values of a row by field, and their `document`; undefined for a row that is not exported yet. */
  readonly read: (row: ExportRow) => Values | undefined;
}

export type Values = Readonly<Record<string, unknown>>;

const ADDRESS = ['city', 'state', 'line_1', 'line_2', 'country', 'postal_code'] as const;
const REDEEMED = ['redeemed', 'failed', 'succeeded', 'rolled_back', 'rollback_failed', 'rollback_succeeded'] as const;
const ORDERED = ['total_amount', 'total_count', 'average_amount', 'last_order_amount', 'last_order_date'] as const;

const pick = (prefix: string, names: readonly string[], from: object | null, under = ''): [string, unknown][] =>
  names.map((name) => [`${prefix}${name}`, (from as Values | null)?.[`${under}${name}`]]);

/** The parts of the contract's object that exports use. */
interface Customer extends Values {
  readonly address: object | null;
  readonly summary: {
    readonly redemptions: { readonly loyalty_card: { readonly points_to_go: number } };
    readonly orders: object;
  };
  readonly loyalty: { readonly referred_customers: number };
}

/** The values of contract 5.4 and of segment filters; `loyalty_points` are the points to go over all cards. */
function customerValues({ document: text, data }: ExportRow): Values {
  const document = JSON.parse(text) as Customer;
  const { summary, loyalty, address } = document;
  const head = (): Head => headFrom(JSON.parse(data) as Head);
  return {
    ...document,
    document,
    ...Object.fromEntries([
      ...pick('address_', ADDRESS, address),
      ...pick('redemptions_total_', REDEEMED, summary.redemptions, 'total_'),
      ...pick('orders_', ORDERED, summary.orders),
    ]),
    loyalty_points: summary.redemptions.loyalty_card.points_to_go,
    loyalty_referred_customers: loyalty.referred_customers,
    // lazy, because few filters use these
    get events() {
      return head().events.names;
    },
    get publications() {
      return head().publications;
    },
  };
}

function orderValues({ id, customer_id, data }: ExportRow): Values {
  const document = orderDocument(customer_id, id, JSON.parse(data) as OrderEntity, []);
  return { ...document, document };
}

/** Filters of redemptions in the contract that are not fields. */
const REDEMPTION_FILTERS = [
  ...['created_at', 'customer', 'voucher', 'campaign_name', 'status', 'parent_redemption_id'],
  ...['related_object', 'related_object_id', 'related_object_parent_id'],
];

function redemptionValues({ id, customer_id, document, data, order_amount }: ExportRow): Values | undefined {
  const entity = JSON.parse(data) as RedemptionEntity;
  const found = redemptionDocument({ id: customer_id }, id, entity, undefined);
  if (!entity.redemption || !found) return undefined;
  const { source_id, name } = JSON.parse(document) as Values;
  const { voucher = NO_VOUCHER, gift, loyalty_card, order, redemption } = entity.redemption.values;
  const { id: voucher_id, code = voucher_id, campaign, campaign_id } = voucher;
  return {
    ...found,
    document: found,
    ...{ customer_source_id: source_id, customer_name: name, voucher_code: code, campaign },
    ...{ gift_amount: gift?.amount, loyalty_points: loyalty_card?.points, order_id: order?.id, order_amount },
    // for filters: customers and vouchers by either name
    ...{ customer: [customer_id, source_id], voucher: [voucher_id, code], parent_redemption_id: redemption },
    ...{ created_at: found.date, campaign_name: campaign, related_object_parent_id: campaign_id },
    related_object: found['related_object_id'],
  };
}

const NO_VOUCHER: { readonly [name in 'id' | 'code' | 'campaign' | 'campaign_id']?: string } = {};

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
    filter: (name) => attributeNamed(name)?.type,
    read: customerValues,
  },
  order: {
    fields: [
      ...['id', 'source_id', 'created_at', 'updated_at', 'status', 'amount', 'initial_amount', 'discount_amount'],
      ...['items_discount_amount', 'total_discount_amount', 'total_amount', 'customer_id', 'referrer_id', 'metadata'],
    ],
    defaults: ['id', 'source_id', 'status'],
    order: '-created_at',
    filter: () => undefined,
    read: orderValues,
  },
  redemption: {
    fields: [
      ...['id', 'object', 'date', 'voucher_code', 'campaign', 'customer_id', 'customer_source_id', 'customer_name'],
      // empty, because no fact contains a promotion tier
      ...['promotion_tier_id', 'tracking_id', 'order_id', 'order_amount', 'amount', 'gift_amount', 'loyalty_points'],
      ...['result', 'failure_code', 'failure_message', 'metadata'],
    ],
    defaults: ['id', 'object', 'voucher_code', 'customer_id', 'date', 'result'],
    order: '-date',
    filter: (name) => (REDEMPTION_FILTERS.includes(name) ? typeNamed(name) : undefined),
    read: redemptionValues,
  },
};

const METADATA = 'metadata.';

/** A field of the catalog, or one key of the metadata. */
export const isField = ({ fields }: Catalog, name: string): boolean =>
  fields.includes(name) || (name.startsWith(METADATA) && name.length > METADATA.length);

/** The reader of a field or filter from the values of a row. */
export function reader(name: string): (values: Values) => unknown {
  const attribute = attributeNamed(name);
  return (values) =>
    Object.hasOwn(values, name) ? values[name] : attribute && valueAt(values as unknown as Subject, attribute.path);
}
