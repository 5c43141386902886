import { type CustomerState, orderedAt, orderStatus, shown, toDocument } from '#customer';
import type { Activity, Known } from './activity.js';
import { creationsOf } from './creation.js';
import { describe } from './events.js';
import { activityId, causeOf, creationId, type RecordedEvent } from './identity.js';
import { simpleCustomer, type SimpleCustomer } from './simple-customer.js';
import type { ActivityType } from './types.js';

/** An activity for those who follow the history: type and data as in contract section 4. */
export interface ActivityMessage {
  readonly id: string;
  readonly type: ActivityType;
  readonly data: object;
  /** True when it only keeps revisions without gaps: no webhook asks for it. */
  readonly is_filler?: boolean;
}

/** An activity under the id by which it is known everywhere. */
export interface NamedActivity extends Omit<Activity, 'slot'> {
  readonly id: string;
}

/** The messages of one event; at least one, so that followers see revisions without gaps. */
export function messagesOf(customer_id: string, recorded: RecordedEvent, known: Known): ActivityMessage[] {
  const { group_id, event_source } = causeOf(recorded);
  const activities = activitiesOf(customer_id, recorded, known);
  if (activities.length > 0) {
    const customer = namesOf(customer_id, known.after);
    return activities.map(({ id, type, payload }) => ({
      id,
      type,
      data: { customer, ...payload, group_id, event_source },
    }));
  }
  const { type, customer, is_filler } = silentMessage(customer_id, known);
  const data = { customer, group_id, event_source };
  return [{ id: activityId(recorded.recorded.id, 0), type, data, ...(is_filler && { is_filler }) }];
}

/**
 * The activities of one event on its arrival, with customers and orders as they are known then. Later facts may change the
 * stored activities; messages are not sent again.
 */
export function activitiesOf(
  customer_id: string,
  { event, recorded }: RecordedEvent,
  { before, after }: Known,
): NamedActivity[] {
  const created = creationsOf(customer_id, event, before).filter(({ isNew }) => isNew);
  const isCreation = created.some(({ is_created }) => is_created);
  const own = isCreation ? [] : describe(customer_id, event, { before, after });
  return [
    ...created.map(({ type, object, payload }) => ({ id: creationId(customer_id, object), type, payload })),
    ...own.map(({ slot, ...one }) => ({ id: activityId(recorded.id, slot), ...one })),
  ].map((one) => ({ ...one, payload: asKnown(customer_id, one.payload, after) }));
}

/** A payload about a customer or an order, with everything that is known of it. */
function asKnown(customer_id: string, payload: object, state: CustomerState): object {
  if ('customer' in payload) return { ...payload, customer: toDocument(customer_id, state) };
  return 'order' in payload && isOrder(payload.order)
    ? { ...payload, order: orderKnown(payload.order.id, state) ?? payload.order }
    : payload;
}

/** Payloads about redemptions name only the id of an order. */
const isOrder = (order: unknown): order is { readonly id: string } =>
  typeof order === 'object' && order !== null && 'object' in order && order.object === 'order';

function orderKnown(id: string, { entities }: CustomerState): object | undefined {
  const order = entities.get('order', id);
  if (!order) return undefined;
  const dates = { created_at: shown(orderedAt(order)), updated_at: shown(order.last_at) };
  return { id, ...order.values, status: orderStatus(order), ...dates, object: 'order' };
}

/** For an event without activity: the end of a customer, or a change that nothing is said of. */
function silentMessage(customer_id: string, { before, after }: Known) {
  const isGone = after.status === 'deleted' || after.status === 'erased';
  const customer = documentOf(customer_id, after.status === 'deleted' ? before : after);
  return {
    type: isGone ? ('customer.deleted' as const) : ('customer.updated' as const),
    customer: customer ?? { id: customer_id, object: 'customer' },
    is_filler: !isGone,
  };
}

/** The SimpleCustomer follows from the profile alone, which most events leave as it is. */
function namesOf(customer_id: string, state: CustomerState): SimpleCustomer {
  const { profile } = state.head;
  const known = names.get(profile);
  // customers of whom nothing is known share an empty profile
  if (known?.id === customer_id) return known;
  const name = simpleCustomer(customer_id, documentOf(customer_id, state) ?? undefined);
  if (state.status === 'active') names.set(profile, name);
  return name;
}
const names = new WeakMap<object, SimpleCustomer>();

/** The customer's document; null for a customer who is gone or not known yet. */
export const documentOf = (id: string, state: CustomerState): object | null =>
  state.status === 'active' ? toDocument(id, state) : null;
