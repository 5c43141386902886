import type { JsonObject } from './fold.js';
import { type Instant, shown } from './instant.js';
import { inOrder } from './keyed.js';
import { lineAmount, orderAmount, orderedAt, type OrderEntity, orderStatus } from './order.js';
import { redeemedAt, type RedemptionEntity, rolledBackAt, successfulRollback } from './redemption.js';

/** The contract's order object (section 5.1). */
export interface OrderDocument {
  readonly id: string;
  readonly created_at: string;
  readonly [field: string]: unknown;
}

/** Renders an order of a customer; `redemptions` are those that may name it, by id. */
export function orderDocument(
  customer_id: string,
  id: string,
  order: OrderEntity,
  redemptions: Iterable<readonly [id: string, redemption: RedemptionEntity]>,
): OrderDocument {
  const { source_id = null, referrer_id = null, items = [], metadata = {} } = order.values;
  return {
    id,
    source_id,
    created_at: shown(orderedAt(order)),
    updated_at: order.last_at > order.first_at ? shown(order.last_at) : null,
    status: orderStatus(order),
    ...amounts(order),
    items: items.map(itemDocument),
    metadata,
    customer: { id: customer_id, object: 'customer' },
    ...(referrer_id !== null && { referrer: { id: referrer_id, object: 'customer' } }),
    customer_id,
    referrer_id,
    object: 'order',
    ...redeemed(id, redemptions),
  };
}

const DISCOUNTS = ['discount_amount', 'items_discount_amount'] as const;

/** The stated amounts, and the totals computed where none are stated. */
function amounts(order: OrderEntity): object {
  const { values } = order;
  const amount = orderAmount(order);
  const said = ['initial_amount', ...DISCOUNTS] as const;
  const discounts = DISCOUNTS.flatMap((field) => values[field] ?? []);
  const total_discount_amount = values.total_discount_amount ?? sum(discounts);
  const total_amount = values.total_amount ?? (amount === null ? undefined : left(amount, total_discount_amount));
  return {
    amount,
    ...Object.fromEntries(said.flatMap((field) => (values[field] === undefined ? [] : [[field, values[field]]]))),
    ...(total_discount_amount !== undefined && { total_discount_amount }),
    ...(total_amount !== undefined && { total_amount }),
  };
}

const sum = (amounts: readonly number[]): number | undefined =>
  amounts.length === 0 ? undefined : amounts.reduce((a, b) => a + b, 0);

const left = (amount: number, discount = 0): number => Math.max(0, amount - discount);

function itemDocument(item: JsonObject): object {
  const amount = lineAmount(item);
  const { discount_amount } = item;
  return {
    object: 'order_item',
    ...(amount !== undefined && {
      amount,
      subtotal_amount: left(amount, typeof discount_amount === 'number' ? discount_amount : 0),
    }),
    ...item,
  };
}

/** `{redemptions: {id: ...}}` of the redemptions of this order, parts under their parent; absent without any. */
function redeemed(order_id: string, all: Iterable<readonly [string, RedemptionEntity]>): object {
  const own = [...all].filter(([, { redemption }]) => redemption?.values.order?.id === order_id);
  const parts = own.flatMap(([id, { redemption }]) => {
    const parent = redemption?.values.redemption;
    return parent == null ? [] : [{ id, parent }];
  });
  const whole = own.filter(([, { redemption }]) => redemption?.values.redemption == null);
  if (whole.length === 0) return {};
  const entries = whole.map(([id, entity]) => [id, redemptionOf(id, entity, stackedUnder(id, parts))] as const);
  return { redemptions: Object.fromEntries(inOrder(Object.fromEntries(entries))) };
}

const stackedUnder = (id: string, parts: readonly { id: string; parent: string }[]): string[] =>
  parts
    .filter(({ parent }) => parent === id)
    .map((part) => part.id)
    .sort();

function redemptionOf(id: string, entity: RedemptionEntity, stacked: readonly string[]): object {
  const [rollback_id, rollback] = successfulRollback(entity) ?? [];
  return {
    date: shownOrAbsent(redeemedAt(entity)),
    ...(rollback && { rollback_id, rollback_date: shownOrAbsent(rolledBackAt(rollback)) }),
    ...relatedObject(id, entity),
    ...(stacked.length > 0 && { stacked }),
  };
}

const shownOrAbsent = (at: Instant | undefined): string | undefined => at && shown(at);

/** The redeemed object: the voucher; the redemption itself without one, as for the parent of stacked redemptions. */
function relatedObject(id: string, { redemption }: RedemptionEntity): object {
  const voucher = redemption?.values.voucher;
  if (!voucher) return { related_object_type: 'redemption', related_object_id: id };
  const { id: related_object_id, campaign_id } = voucher;
  const parent = campaign_id === undefined ? {} : { related_object_parent_id: campaign_id };
  return { related_object_type: 'voucher', related_object_id, ...parent };
}
