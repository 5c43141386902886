import { type CustomerEvent, type CustomerState, orderedAt, orderStatus, shown, toDocument } from '#customer';
import type { Decoded } from '#event-store';
import { causeOf, creationId, entryId } from './activity-row.js';
import { creationsOf } from './creation.js';
import { entriesOf, type Entry } from './entries.js';

/** An activity entry as messages carry it, with its id and its cause. */
export interface Told extends Omit<Entry, 'slot'> {
  readonly id: string;
  /** The request that caused it. */
  readonly group_id: string;
  readonly event_source: object;
}

/**
 * The activity entries that an event causes on its arrival, with customers and orders as they are known then. A late
 * fact that changes earlier entries does not send those again.
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

/** Completes a payload about a customer or an order with its current state. */
function asKnown(customer_id: string, payload: object, state: CustomerState): object {
  if ('customer' in payload) return { ...payload, customer: toDocument(customer_id, state) };
  return 'order' in payload && isOrder(payload.order)
    ? { ...payload, order: orderKnown(payload.order.id, state) ?? payload.order }
    : payload;
}

/** False for the order in payloads about redemptions, which give its id only. */
const isOrder = (order: unknown): order is { readonly id: string } =>
  typeof order === 'object' && order !== null && 'object' in order && order.object === 'order';

function orderKnown(id: string, { entities }: CustomerState): object | undefined {
  const order = entities.get('order', id);
  if (!order) return undefined;
  const dates = { created_at: shown(orderedAt(order)), updated_at: shown(order.last_at) };
  return { id, ...order.values, status: orderStatus(order), ...dates, object: 'order' };
}
