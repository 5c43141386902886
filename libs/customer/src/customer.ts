import { cards } from './card.js';
import { type Consents, consents } from './consent.js';
import { type CustomEvents, customEvents } from './custom-event.js';
import { Entities, type EntityKey, type EntityKind, type EntityOf } from './entities.js';
import type { EventOf, Instant, Subject, Taking } from './fold.js';
import { type Gifts, gifts } from './gift.js';
import { hear, type Heard, heardOf, nothingHeard } from './heard.js';
import { type Loyalty, noLoyalty } from './loyalty.js';
import { later } from './merge.js';
import { type Orders, orders } from './order.js';
import { pendingPoints } from './pending-points.js';
import { points } from './points.js';
import { type Profile, profile, seen } from './profile.js';
import { type Publications, publications } from './publication.js';
import { type Redemptions, redemptions } from './redemption.js';
import { credits, type Referrals, referrals } from './referral.js';
import { isMembership, type Memberships, segments } from './segment.js';
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
  readonly publications: Publications;
  readonly events: CustomEvents;
  readonly segments: Memberships;
  /** The latest time of any event. */
  readonly latest_at?: Instant;
}

/** `unknown`: nobody created it yet, though a referral may have credited it already. */
export interface CustomerState {
  readonly status: 'unknown' | 'active' | 'deleted' | 'erased';
  readonly head: Head;
  readonly entities: Entities;
  /** Kept where something is decided, absent where history is only looked at. */
  readonly heard?: Heard;
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
  publications: [publications],
  events: [customEvents],
  segments: [segments],
} satisfies { readonly [Name in Slice]: readonly { readonly initial: Head[Name] }[] };

type EventsOf<S> = S extends Subject<infer _Slice, infer Event> ? Event : never;

/** The customer is gone: for readers (deleted), or for good (erased: the key is destroyed as well). */
type GoneEvent = EventOf<'CustomerDeleted', object> | EventOf<'CustomerErased', object>;

export type CustomerEvent = EventsOf<(typeof subjects)[Slice][number]> | GoneEvent;

/** Before anything happened, for those who look at history; who decides begins with `customer.initial`. */
export const blank: CustomerState = {
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
    publications: publications.initial,
    events: customEvents.initial,
    segments: segments.initial,
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
  const ahead = foreseen.get(event);
  return ahead?.from === state ? ahead.to : after(state, event);
}

/** What decisions looked ahead to: whoever records the event takes the same step. */
const foreseen = new WeakMap<CustomerEvent, { readonly from: CustomerState; readonly to: CustomerState }>();

/** As `evolve`, for an event that is about to be recorded. */
export function foresee(state: CustomerState, event: CustomerEvent): CustomerState {
  const to = evolve(state, event);
  foreseen.set(event, { from: state, to });
  return to;
}

function after(state: CustomerState, event: CustomerEvent): CustomerState {
  if (event.type === 'CustomerDeleted') return { ...blank, status: 'deleted' };
  if (event.type === 'CustomerErased') return { ...blank, status: 'erased' };
  return isMembership(event) ? followed(state, event) : told(state, event);
}

function told(state: CustomerState, event: CustomerEvent): CustomerState {
  const after = settled(noticed(state, event), event);
  const heard = state.heard && hear(state.heard, event);
  if (isUnchanged(state, after)) return heard === state.heard ? state : { ...state, ...(heard && { heard }) };
  const latest_at = tellsOnlyOfBirth(event) ? state.head.latest_at : later(state.head.latest_at, event.occurred_at);
  return { ...after, head: { ...after.head, ...(latest_at && { latest_at }) }, ...(heard && { heard }) };
}

/** What follows from facts says nothing new about them: no time of the customer moves by it. */
function followed(state: CustomerState, event: CustomerEvent): CustomerState {
  const after = settled(state, event);
  return isUnchanged(state, after) ? state : { ...after, ...(state.heard && { heard: state.heard }) };
}

/** All events but a credit, which may come before its referrer is known, say that the customer was there. */
function noticed(state: CustomerState, { type, occurred_at }: CustomerEvent): CustomerState {
  if (type === 'ReferralCredited') return state;
  const profile = seen(state.head.profile, occurred_at);
  if (profile === state.head.profile) return state;
  return { ...state, status: state.status === 'unknown' ? 'active' : state.status, head: { ...state.head, profile } };
}

function settled({ status, head: before, entities: known }: CustomerState, event: CustomerEvent): CustomerState {
  let [head, entities] = [before, known];
  for (const { slice, step } of takingsOf(event.type)) {
    const [changed, after] = step(head[slice], event, entities);
    if (changed !== head[slice]) head = { ...head, [slice]: changed };
    entities = after;
  }
  return { status, head, entities };
}

const tellsOnlyOfBirth = ({ data }: CustomerEvent): boolean => 'implicit' in data && data.implicit === true;

/** Whether nothing is different now, though something may have been heard of former times. */
export const isUnchanged = (before: CustomerState, after: CustomerState): boolean =>
  before.status === after.status && before.head === after.head && before.entities === after.entities;

const initial: CustomerState = { ...blank, heard: nothingHeard };

export const customer = { initial, evolve };

/**
 * The fold by business time: which of all recorded events had happened by then, and the state before the first of them. A
 * source id belongs to a customer like the id, from the beginning.
 */
export function happenedBy(at: Instant, source_id: string | undefined) {
  const profile: Profile = { ...blank.head.profile, ...(source_id !== undefined && { source_id }) };
  const initial: CustomerState = { ...blank, head: { ...blank.head, profile } };
  return { initial, includes: ({ occurred_at }: CustomerEvent): boolean => occurred_at <= at };
}

/** What a state takes in memory, in entities. */
export const weightOf = ({ entities, heard }: CustomerState): number =>
  entities.size + (heard ? heardOf(heard) : 0) / 4;

/** The entities that folding an event looks at. */
export const touches = (event: CustomerEvent): readonly EntityKey[] =>
  takingsOf(event.type).flatMap((taking) => taking.touches(event.data));

const slices = Object.keys(blank.head) as readonly Slice[];

/** A head as it was stored, maybe before there was some slice: a fold says then that nothing is in it. */
export const headFrom = (stored: Head): Head =>
  slices.every((slice) => Object.hasOwn(stored, slice)) ? stored : { ...blank.head, ...stored };

/**
 * A state out of its stored parts. `entities` may be only those that the next events touch, and, when one of these takes the
 * last order away, the latest counted order among the others.
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
