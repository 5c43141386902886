import { cards } from './card.js';
import { type Consents, consents } from './consent.js';
import { type CustomEvents, customEvents } from './custom-event.js';
import { Entities, type EntityKey, type EntityKind, type EntityOf } from './entities.js';
import type { EventOf, Instant, Subject, Taking } from './fold.js';
import { type Gifts, gifts } from './gift.js';
import { type Loyalty, noLoyalty } from './loyalty.js';
import { later } from './merge.js';
import { type Orders, orders } from './order.js';
import { pendingPoints } from './pending-points.js';
import { points } from './points.js';
import { type Profile, profile } from './profile.js';
import { type Redemptions, redemptions } from './redemption.js';
import { credits, type Referrals, referrals } from './referral.js';
import { spendingCampaigns, spendings } from './spending.js';
import { tiers } from './tier.js';
import { type Validations, validations } from './validation.js';

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

/** The subjects, by the slice of the head that they change. The union of events grows out of them. */
const subjects = {
  profile: [profile],
  orders: [orders],
  redemptions: [redemptions, spendings],
  loyalty: [points, spendingCampaigns, pendingPoints, cards, tiers, credits],
  gifts: [gifts],
  referrals: [referrals],
  consents: [consents],
  validations: [validations],
  events: [customEvents],
} satisfies { readonly [Name in Slice]: readonly { readonly initial: Head[Name] }[] };

type EventsOf<S> = S extends Subject<infer _Slice, infer Event> ? Event : never;

/** The customer is gone: for readers (deleted), or for good (erased: the key is destroyed as well). */
type GoneEvent = EventOf<'CustomerDeleted', object> | EventOf<'CustomerErased', object>;

export type CustomerEvent = EventsOf<(typeof subjects)[Slice][number]> | GoneEvent;

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

type AnyTaking = Taking<unknown, EventOf<string, object>> & { readonly slice: Slice };

/** Event type -> the subjects that take it in. */
const takings = new Map<string, readonly AnyTaking[]>([
  ['CustomerDeleted', []],
  ['CustomerErased', []],
]);
for (const [slice, sharing] of Object.entries(subjects)) {
  for (const [type, taking] of sharing.flatMap(({ on }) => Object.entries(on))) {
    takings.set(type, [...(takings.get(type) ?? []), { ...(taking as AnyTaking), slice: slice as Slice }]);
  }
}

function takingsOf(type: string): readonly AnyTaking[] {
  const found = takings.get(type);
  if (!found) throw new TypeError(`no subject takes in ${type}`);
  return found;
}

/**
 * The one fold: every number that is shown anywhere comes from here. Returns the very same state when the event says
 * nothing new. Throws a TypeError for a type that nobody knows.
 */
function evolve(state: CustomerState, event: CustomerEvent): CustomerState {
  if (event.type === 'CustomerDeleted') return { ...initial, status: 'deleted' };
  if (event.type === 'CustomerErased') return { ...initial, status: 'erased' };
  const status = event.type === 'CustomerCreated' ? 'active' : state.status;
  let { head, entities } = state;
  for (const { slice, step } of takingsOf(event.type)) {
    const [changed, settled] = step(head[slice], event, entities);
    if (changed !== head[slice]) head = { ...head, [slice]: changed };
    entities = settled;
  }
  if (head === state.head && entities === state.entities && status === state.status) return state;
  return { status, head: { ...head, latest_at: later(head.latest_at, event.occurred_at) }, entities };
}

export const customer = { initial, evolve };

/** The entities that folding an event looks at. */
export const touches = (event: CustomerEvent): readonly EntityKey[] =>
  takingsOf(event.type).flatMap((taking) => taking.touches(event.data));

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
export const personal: { readonly [type: string]: readonly string[] } = Object.fromEntries(
  [...takings].map(([type, taking]) => [type, [...new Set(taking.flatMap((one): readonly string[] => one.personal))]]),
);

export const eventTypes: readonly string[] = [...takings.keys()];
