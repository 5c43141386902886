import { type CustomerEvent, type CustomerState, orderedAt, orderStatus, shown, toDocument } from '#customer';
import type { Decoded } from '#event-store';
import { causeOf, creationId, entryId } from './activity-row.js';
import { creationsOf } from './creation.js';
import { entriesOf, type Entry } from './entries.js';

/** An entry as it goes out: who caused it, and under which id it is known everywhere. */
export interface Told extends Omit<Entry, 'slot'> {
  readonly id: string;
  /** The request that caused it. */
  readonly group_id: string;
  readonly event_source: object;
}

/**
 * What one event tells on its arrival, given the customer before and after it: with customers and orders as they are known
 * then. What a late fact changes of entries that were told is not told again.
 */
export function told(
  customer_id: string,
  decoded: Decoded<CustomerEvent>,
  before: CustomerState,
  after: CustomerState,
): Told[] {
  const { event } = decoded;
  const { event_id, ...cause } = causeOf(decoded);
  const created = creationsOf(customer_id, event, before).filter(({ isNew }) => isNew);
  const isToldThere = created.some(({ is_created }) => is_created);
  const own = isToldThere ? [] : entriesOf(customer_id, event, { before, after });
  return [
    ...created.map(({ type, object, payload }) => ({ id: creationId(customer_id, object), type, payload })),
    ...own.map(({ slot, ...entry }) => ({ id: entryId(event_id, slot), ...entry })),
  ].map((entry) => ({ ...entry, payload: asKnown(customer_id, entry.payload, after), ...cause }));
}

/** A payload about a customer, or an order, with all that is known of it. */
function asKnown(customer_id: string, payload: object, state: CustomerState): object {
  if ('customer' in payload) return { ...payload, customer: toDocument(customer_id, state) };
  return 'order' in payload && isOrder(payload.order)
    ? { ...payload, order: orderKnown(payload.order.id, state) ?? payload.order }
    : payload;
}

/** Payloads about redemptions name an order only. */
const isOrder = (order: unknown): order is { readonly id: string } =>
  typeof order === 'object' && order !== null && 'object' in order && order.object === 'order';

function orderKnown(id: string, { entities }: CustomerState): object | undefined {
  const order = entities.get('order', id);
  if (!order) return undefined;
  const dates = { created_at: shown(orderedAt(order)), updated_at: shown(order.last_at) };
  return { id, ...order.values, status: orderStatus(order), ...dates, object: 'order' };
}
