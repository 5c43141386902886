import { cards, type CardEvent } from './card.js';
import { type ConsentEvent, type Consents, consents } from './consent.js';
import { type CustomEventEvent, type CustomEvents, customEvents } from './custom-event.js';
import { Entities, type EntityKey, type EntityKind, type EntityOf } from './entities.js';
import type { EventOf, Instant, Taking } from './fold.js';
import { type GiftEvent, type Gifts, gifts } from './gift.js';
import { type Loyalty, noLoyalty } from './loyalty.js';
import { later } from './merge.js';
import { type OrderEvent, type Orders, orders } from './order.js';
import { type PendingPointsEvent, pendingPoints } from './pending-points.js';
import { type LoyaltyPointsEvent, points } from './points.js';
import { type Profile, profile, type ProfileEvent } from './profile.js';
import { type RedemptionEvent, type Redemptions, redemptions } from './redemption.js';
import { type CreditEvent, credits, type ReferralEvent, type Referrals, referrals } from './referral.js';
import { type TierEvent, tiers } from './tier.js';
import { type ValidationEvent, type Validations, validations } from './validation.js';

/** The customer is gone: for readers (deleted), or for good (erased: the key is destroyed as well). */
export type GoneEvent = EventOf<'CustomerDeleted', object> | EventOf<'CustomerErased', object>;

export type CustomerEvent =
  | ProfileEvent
  | OrderEvent
  | RedemptionEvent
  | LoyaltyPointsEvent
  | PendingPointsEvent
  | CardEvent
  | TierEvent
  | GiftEvent
  | ReferralEvent
  | CreditEvent
  | ConsentEvent
  | ValidationEvent
  | CustomEventEvent
  | GoneEvent;

/** All but the entities, as plain JSON: sums and what is few per customer. */
export interface Head {
  readonly profile: Profile;
  readonly orders: Orders;
  readonly redemptions: Redemptions;
  readonly loyalty: Loyalty;
  readonly gifts: Gifts;
  readonly referrals: Referrals;
  readonly consents: Consents;
  readonly validations: Validations;
  readonly events: CustomEvents;
  /** The latest time of any event. */
  readonly latest_at?: Instant;
}

/** `unknown`: nobody created it yet, though a referral may have credited it already. */
export interface CustomerState {
  readonly status: 'unknown' | 'active' | 'deleted' | 'erased';
  readonly head: Head;
  readonly entities: Entities;
}

type Slice = Exclude<keyof Head, 'latest_at'>;

const initial: CustomerState = {
  status: 'unknown',
  head: {
    profile: profile.initial,
    orders: orders.initial,
    redemptions: redemptions.initial,
    loyalty: noLoyalty,
    gifts: gifts.initial,
    referrals: referrals.initial,
    consents: consents.initial,
    validations: validations.initial,
    events: customEvents.initial,
  },
  entities: Entities.none,
};

/** Event type -> the slice it changes and how. An event type that no subject takes in does not compile. */
const takings = {
  ...of('profile', profile.on),
  ...of('orders', orders.on),
  ...of('redemptions', redemptions.on),
  ...of('loyalty', { ...points.on, ...pendingPoints.on, ...cards.on, ...tiers.on, ...credits.on }),
  ...of('gifts', gifts.on),
  ...of('referrals', referrals.on),
  ...of('consents', consents.on),
  ...of('validations', validations.on),
  ...of('events', customEvents.on),
} satisfies { readonly [Type in Exclude<CustomerEvent, GoneEvent>['type']]: unknown } as {
  readonly [type: string]: AnyTaking | undefined;
};

type AnyTaking = Taking<unknown, EventOf<string, object>> & { readonly slice: Slice };

function of<On extends object>(slice: Slice, on: On): { readonly [Type in keyof On]: AnyTaking } {
  const entries = Object.entries(on).map(([type, taking]) => [type, { slice, ...(taking as object) }]);
  return Object.fromEntries(entries) as { readonly [Type in keyof On]: AnyTaking };
}

/** The one fold. Every number that is shown anywhere comes from here. */
function evolve(state: CustomerState, event: CustomerEvent): CustomerState {
  if (event.type === 'CustomerDeleted') return { ...initial, status: 'deleted' };
  if (event.type === 'CustomerErased') return { ...initial, status: 'erased' };
  const taking = takings[event.type];
  if (!taking) throw new TypeError(`no subject takes in ${String((event as { type: unknown }).type)}`);
  const { slice } = taking;
  const [changed, entities] = taking.step(state.head[slice], event, state.entities);
  const latest_at = later(state.head.latest_at, event.occurred_at);
  return {
    status: event.type === 'CustomerCreated' ? 'active' : state.status,
    head: { ...state.head, [slice]: changed, latest_at },
    entities,
  };
}

export const customer = { initial, evolve };

/** Whether an event said anything that was not known. */
export function isNews(before: CustomerState, after: CustomerState): boolean {
  if (before.status !== after.status || before.entities !== after.entities) return true;
  return (Object.keys(initial.head) as Slice[]).some((slice) => before.head[slice] !== after.head[slice]);
}

/** The entities that folding an event looks at. */
export const touches = (event: CustomerEvent): readonly EntityKey[] => takings[event.type]?.touches(event.data) ?? [];

/**
 * A state out of its stored parts. `entities` may be only those that the next events touch, and, when one of these takes
 * the last order away, the latest counted order among the others.
 */
export function customerFrom(
  status: CustomerState['status'],
  head: Head,
  entities: Iterable<StoredEntity>,
): CustomerState {
  let all = Entities.none;
  for (const { kind, id, entity } of entities) all = all.set(kind, id, entity as EntityOf[typeof kind]);
  return { status, head, entities: all };
}

export interface StoredEntity {
  readonly kind: EntityKind;
  readonly id: string;
  readonly entity: unknown;
}

/** Event type -> the fields of its data that are stored sealed. */
export const personal: { readonly [type: string]: readonly string[] } = {
  ...Object.fromEntries(Object.entries(takings).map(([type, taking]) => [type, taking?.personal ?? []])),
  CustomerDeleted: [],
  CustomerErased: [],
};

export const eventTypes = Object.keys(personal);
