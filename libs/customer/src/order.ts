import type { Entities } from './entities.js';
import type { EventOf, Json, JsonObject, Stepped, Subject } from './fold.js';
import { earlier, type Instant, later, shown } from './instant.js';
import type { Keyed } from './keyed.js';
import type { Reference } from './profile.js';
import { type Meaning, merge, type Registers, timeOf } from './register.js';
import { stampOf } from './statement.js';
import { exchanged, roundedQuotient } from './sum.js';
import { compareTexts } from './text.js';
import { compareValues, isSame } from './value.js';

// 1. Facts and events

const STATUSES = ['CREATED', 'PROCESSING', 'PAID', 'FULFILLED', 'CANCELED'] as const;
export type OrderStatus = (typeof STATUSES)[number];

/** The fields of an order; amounts in minor units. */
export interface Order {
  readonly source_id?: string;
  readonly status?: OrderStatus;
  readonly amount?: number | null;
  readonly initial_amount?: number;
  readonly discount_amount?: number;
  readonly items_discount_amount?: number;
  readonly total_discount_amount?: number;
  readonly total_amount?: number;
  readonly items?: readonly JsonObject[];
  readonly metadata?: JsonObject;
  readonly referrer_id?: string;
  readonly created_at?: Instant;
}

/** The change of an order that a statement reports. */
export type OrderHappening = 'created' | 'updated' | 'processing' | 'paid' | 'fulfilled' | 'canceled';

export interface OrderFact extends Order {
  readonly id: string;
  readonly updated_at?: Instant;
  readonly told_as?: OrderHappening;
  readonly customer: Reference;
}

type OrderSaid = Order & { readonly id: string; readonly told_as?: OrderHappening };
export type OrderEvent = EventOf<'OrderPlaced', OrderSaid> | EventOf<'OrderChanged', OrderSaid>;

// 2. State

export interface OrderEntity extends Registers<Order> {
  /** The earliest time of a statement: the order's date when no fact gives one. */
  readonly first_at: Instant;
  /** The latest time of a statement. */
  readonly last_at: Instant;
}

declare module './entities.js' {
  interface EntityOf {
    readonly order: OrderEntity;
  }
}

interface LastOrder {
  readonly id: string;
  readonly created_at: Instant;
  readonly amount: number | null;
}

export interface Orders {
  readonly count: number;
  readonly amount: number;
  readonly with_amount: number;
  readonly last: LastOrder | null;
}

// 3. Fold: merge the order, then move its contribution to the sums

/** Free JSON may hold personal data. */
const PERSONAL = ['items', 'metadata'] as const;

export const orders: Subject<'orders', Orders, OrderEvent, 'order', { readonly order: OrderFact }> = {
  slice: 'orders',
  entities: { order: true },
  facts: { order: orderDraft },
  initial: { count: 0, amount: 0, with_amount: 0, last: null },
  on: {
    OrderPlaced: { personal: PERSONAL, touches: ({ id }) => [{ kind: 'order', id }], step: apply },
    OrderChanged: { personal: PERSONAL, touches: ({ id }) => [{ kind: 'order', id }], step: apply },
  },
};

function apply(slice: Orders, event: OrderEvent, entities: Entities): Stepped<Orders> {
  const { id } = event.data;
  const before = entities.get('order', id);
  const after = merged(before, event);
  if (after === before) return [slice, entities];
  const changed = entities.set('order', id, after);
  const [gave, gives] = [share(before), share(after)];
  const moved = {
    count: slice.count - gave.count + gives.count,
    amount: exchanged(slice.amount, gave.amount, gives.amount),
    with_amount: slice.with_amount - gave.with_amount + gives.with_amount,
    last: lastAfter(slice.last, id, after, changed),
  };
  return [moved, changed];
}

function merged(before: OrderEntity | undefined, event: OrderEvent): OrderEntity {
  const { id: _, told_as: __, ...said } = event.data;
  const registers = merge<Order>(before, said, stampOf(event), meaning);
  const first_at = earlier(before?.first_at, event.occurred_at);
  const last_at = later(before?.last_at, event.occurred_at);
  if (before && registers === before && first_at === before.first_at && last_at === before.last_at) return before;
  return { ...registers, first_at, last_at };
}

export const statusRank = (status: unknown): number => STATUSES.indexOf(status as OrderStatus);

/** At equal times the further status wins. */
const meaning: Meaning = {
  compare: (field, a, b) => (field === 'status' ? statusRank(a) - statusRank(b) : compareValues(a, b)),
};

const NOTHING = { count: 0, amount: 0, with_amount: 0 };

function share(order: OrderEntity | undefined): typeof NOTHING {
  if (!order || !isCounted(order)) return NOTHING;
  const amount = orderAmount(order);
  return { count: 1, amount: amount ?? 0, with_amount: amount === null ? 0 : 1 };
}

/** Paid and fulfilled orders count (contract 1.2). */
export const isCounted = ({ values: { status } }: OrderEntity): boolean => status === 'PAID' || status === 'FULFILLED';

/** The gross amount is what the summary adds up; null when the order has none (decided, see docs/rules.md). */
export const orderAmount = ({ values: { amount } }: OrderEntity): number | null => amount ?? null;

export const orderStatus = ({ values: { status } }: OrderEntity): OrderStatus => status ?? 'CREATED';

export const orderedAt = ({ values: { created_at }, first_at }: OrderEntity): Instant => created_at ?? first_at;

/** The last order is a maximum, not a sum: when it no longer counts, the next is searched among all orders. */
function lastAfter(last: LastOrder | null, id: string, order: OrderEntity, entities: Entities): LastOrder | null {
  const candidate = isCounted(order) ? { id, created_at: orderedAt(order), amount: orderAmount(order) } : null;
  if (candidate && !isLater(last, candidate)) return candidate;
  return last?.id === id ? latest(entities) : last;
}

function latest(entities: Entities): LastOrder | null {
  let last: LastOrder | null = null;
  for (const [id, order] of entities.orders()) {
    const candidate = { id, created_at: orderedAt(order), amount: orderAmount(order) };
    if (isCounted(order) && !isLater(last, candidate)) last = candidate;
  }
  return last;
}

const isLater = (a: LastOrder | null, b: LastOrder): boolean =>
  a !== null && (a.created_at > b.created_at || (a.created_at === b.created_at && compareTexts(a.id, b.id) > 0));

// 4. Rules

function orderDraft(entities: Entities, { customer: _, updated_at: __, ...data }: OrderFact) {
  return {
    type: entities.get('order', data.id) ? ('OrderChanged' as const) : ('OrderPlaced' as const),
    data,
  };
}

/** True when a command changes no shown value of an order. */
export function isOrderShown(order: OrderEntity | undefined, said: Order): boolean {
  const values: Keyed<unknown> = order?.values ?? {};
  return (
    order !== undefined &&
    Object.entries(said).every(([field, value]) => value === undefined || isSame(values[field] ?? null, value))
  );
}

/** The latest time of the statements that a command about an order overrides. */
export const orderOverridden = (order: OrderEntity | undefined, said: Order): Instant | undefined =>
  Object.keys(said).reduce<Instant | undefined>((latest, field) => {
    const at = order && timeOf(order, field);
    return at === undefined ? latest : later(latest, at);
  }, undefined);

/** The change that a command makes: a new status, else a creation or an update. */
export function happeningOf(before: OrderEntity | undefined, { status }: Order): OrderHappening {
  const isChanged = status !== undefined && status !== 'CREATED' && (!before || orderStatus(before) !== status);
  if (isChanged) return status.toLowerCase() as OrderHappening;
  return before ? 'updated' : 'created';
}

/** Prices an order without an amount by its items, if all of them have one (contract: POST /orders). */
export function priced<Said extends Order>(order: Said): Said {
  if (order.amount !== undefined || !order.items || order.items.length === 0) return order;
  const amount = order.items.map(lineAmount).reduce(plusIfBoth);
  return amount === undefined ? order : { ...order, amount };
}

/** The amount of an item: its own, else price times quantity; the SKU's price comes before the product's. */
export function lineAmount(item: JsonObject): number | undefined {
  const { amount, quantity = 1, price, sku, product } = item;
  if (isCount(amount)) return amount;
  const unit = [price, priceIn(sku), priceIn(product)].find(isCount);
  const line = isCount(quantity) && unit !== undefined ? unit * quantity : undefined;
  return isCount(line) ? line : undefined;
}

const priceIn = (object: Json | undefined): Json | undefined =>
  typeof object === 'object' && object !== null && 'price' in object ? object['price'] : undefined;

const isCount = (value: Json | undefined): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

function plusIfBoth(a: number | undefined, b: number | undefined): number | undefined {
  const sum = a !== undefined && b !== undefined ? a + b : undefined;
  return isCount(sum) ? sum : undefined;
}

// 5. Rendering

/** The average is over the orders with an amount (contract 1.2). */
export function orderSummary({ count, amount, with_amount, last }: Orders): object {
  return {
    total_amount: amount,
    total_count: count,
    average_amount: with_amount === 0 ? 0 : roundedQuotient(amount, with_amount),
    last_order_amount: last?.amount ?? 0,
    ...(last && { last_order_date: shown(last.created_at) }),
  };
}

/** The operands of the figures that are no sums: the average, and the last order. */
export const orderOperands = ({ amount, with_amount, last }: Orders) => ({
  average_amount: {
    total_amount: amount,
    orders_with_amount: with_amount,
    rule: 'round(total_amount / orders_with_amount)',
  },
  ...(last && { last_order_amount: { order_id: last.id }, last_order_date: { order_id: last.id } }),
});
