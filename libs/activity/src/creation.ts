import { type CustomerEvent, type CustomerState, statusRank } from '#customer';
import { isDerived } from './events.js';
import { happeningOf, orderIn, type OrderStatement } from './order.js';
import { customerIn } from './profile.js';
import type { ActivityType } from './types.js';

/* A customer and each of its orders have one activity about their creation, dated by the earliest statement about them. */

/** The part of a statement in the creation of a customer or an order. */
export interface Creation extends Claim {
  readonly object: string;
  readonly type: ActivityType;
  /** The type of another statement that also says that it was created. */
  readonly type_otherwise: ActivityType;
  readonly payload: object;
  /** True when nothing was known of it before. */
  readonly isNew: boolean;
  /** True when the activity may change. */
  readonly isConcerned: boolean;
}

/** Decides between statements: the winner's payload is shown. */
export interface Claim {
  /** True when it says that it was created: the earliest of those wins. */
  readonly is_created: boolean;
  readonly rank: number;
}

export function creationsOf(customer_id: string, event: CustomerEvent, before: CustomerState): Creation[] {
  const customer = isDerived(event.type) ? [] : [customerCreation(customer_id, event, before)];
  const order = event.type === 'OrderPlaced' || event.type === 'OrderChanged' ? [orderCreation(event, before)] : [];
  return [...customer, ...order];
}

function customerCreation(customer_id: string, event: CustomerEvent, before: CustomerState): Creation {
  const { occurred_at: at } = event;
  const { seen_at = at } = before.head.profile;
  const isNew = before.status !== 'active';
  const isAbout = event.type === 'CustomerCreated' || event.type === 'CustomerUpdated';
  const is_created = isAbout && saysCreated(event);
  return {
    object: 'customer',
    type: 'customer.created',
    type_otherwise: 'customer.updated',
    payload: { customer: customerIn(customer_id, event) },
    ...{ isNew, is_created, rank: 0 },
    isConcerned: is_created || at < seen_at || (isAbout && at === seen_at),
  };
}

type ProfileStatement = Extract<CustomerEvent, { type: 'CustomerCreated' | 'CustomerUpdated' }>;

/** Commands, and facts that version 0.1.0 took, say it by the type of the event. */
const saysCreated = ({ type, data, origin }: ProfileStatement): boolean =>
  data.created ?? (type === 'CustomerCreated' && data.implicit !== true && origin?.digest === undefined);

function orderCreation(event: OrderStatement, { entities }: CustomerState): Creation {
  const { id, status } = event.data;
  const before = entities.get('order', id);
  const is_created = happeningOf(event) === 'created';
  return {
    object: `order:${id}`,
    type: 'customer.order.created',
    type_otherwise: 'customer.order.updated',
    payload: { order: orderIn(event) },
    ...{ isNew: before === undefined, is_created, rank: statusRank(status) },
    isConcerned: is_created || before === undefined || event.occurred_at <= before.first_at,
  };
}
