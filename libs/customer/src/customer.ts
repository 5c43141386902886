import { cardAccounts, moveCards } from './card-account.js';
import type { CardMove } from './card-move.js';
import { cards } from './card.js';
import { consents } from './consent.js';
import { customEvents } from './custom-event.js';
import { Entities, type EntityKey, type EntityKind, type EntityOf, type Need } from './entities.js';
import type { Draft, EventOf, Subject, Taking } from './fold.js';
import { gifts } from './gift.js';
import { type Instant, later, LAST } from './instant.js';
import { campaigns } from './loyalty.js';
import { orders } from './order.js';
import { pendingPoints } from './pending-points.js';
import { points } from './points.js';
import { nameNoted, type Profile, profile, seen } from './profile.js';
import { publications } from './publication.js';
import { redemptions } from './redemption.js';
import { referrals } from './referral.js';
import { credits } from './referral-credit.js';
import { noFacts, type SeenFacts, withFact } from './seen-facts.js';
import { isMembership, segments } from './segment.js';
import { spendingCampaigns, spendings } from './spending.js';
import { tiers } from './tier.js';
import { validations } from './validation.js';

/** The subjects; a subject that is missing here is dead code. Types of events, slices of the head and kinds of entities grow out of them. */
const subjects = [
  profile,
  orders,
  redemptions,
  spendings,
  cardAccounts,
  campaigns,
  points,
  spendingCampaigns,
  pendingPoints,
  cards,
  tiers,
  credits,
  gifts,
  referrals,
  consents,
  validations,
  publications,
  customEvents,
  segments,
] as const;
type AnySubject = (typeof subjects)[number];

type Slices = { readonly [S in AnySubject as S['slice']]: S['initial'] };
type Slice = keyof Slices;

/** The state without the entities, stored as plain JSON: sums, and the parts that are few per customer. */
export interface Head extends Slices {
  /** The latest time of an event that tells something new about the customer, except consents. */
  readonly latest_at?: Instant;
  /** The latest time of any event: a deletion comes after it. */
  readonly last_at?: Instant;
}

type Registered<S> = S extends { readonly entities: infer Kinds } ? keyof Kinds : never;
type EveryKind = [EntityKind] extends [Registered<AnySubject>] ? readonly EntityKind[] : never;

/** Does not compile while a kind is declared that no subject registers. */
export const entityKinds: EveryKind = subjects.flatMap(({ entities }) => Object.keys(entities) as EntityKind[]);

/** `unknown`: not created yet, though a referral may have credited it already. */
export interface CustomerState {
  readonly status: 'unknown' | 'active' | 'deleted' | 'erased';
  readonly head: Head;
  readonly entities: Entities;
  /** When the customer was deleted. */
  readonly gone_at?: Instant;
  /** Present where rules decide, absent where history is only read. */
  readonly facts?: SeenFacts;
}

type EventsOf<S> = S extends Subject<infer _Name, infer _Slice, infer Event, infer _Kind, infer _Facts> ? Event : never;

/** The customer is gone: for readers (deleted), or for good (erased: the key is destroyed as well). */
type GoneEvent = EventOf<'CustomerDeleted', object> | EventOf<'CustomerErased', object>;

export type CustomerEvent = EventsOf<AnySubject> | GoneEvent;

type FactsOf<S> = S extends Subject<infer _Name, infer _Slice, infer _Event, infer _Kind, infer Facts> ? Facts : never;
type Together<Union> = (Union extends unknown ? (one: Union) => void : never) extends (all: infer All) => void
  ? All
  : never;

/** Kind of fact -> the fact. */
type Facts = Together<FactsOf<AnySubject>>;
export type FactKind = keyof Facts;
export type FactOf<Kind extends FactKind> = Facts[Kind];

/** A fact of another service, of any kind. */
export type AnyFact<Kind extends FactKind = FactKind> = {
  readonly [K in Kind]: { readonly kind: K; readonly data: FactOf<K> };
}[Kind];

type Drafts = { readonly [Kind in FactKind]: (entities: Entities, fact: FactOf<Kind>) => Draft<CustomerEvent> };

/** Kind of fact -> the event that it becomes. */
export const drafts = Object.assign({}, ...subjects.map(({ facts }) => facts)) as Drafts;

/** The initial state for readers of history; rules begin with `customer.initial`, which also keeps facts. */
export const blank: CustomerState = {
  status: 'unknown',
  head: Object.fromEntries(subjects.map(({ slice, initial }) => [slice, initial])) as unknown as Slices,
  entities: Entities.none,
};

type AnyTaking = Taking<unknown, EventOf<string, object>> & { readonly slice: Slice };

/** Event type -> the subjects that fold it. */
const takings = new Map<string, readonly AnyTaking[]>([
  ['CustomerDeleted', []],
  ['CustomerErased', []],
]);
for (const { slice, on } of subjects) {
  for (const [type, taking] of Object.entries(on))
    takings.set(type, [...(takings.get(type) ?? []), { ...(taking as AnyTaking), slice }]);
}

function takingsOf(type: string): readonly AnyTaking[] {
  const found = takings.get(type);
  if (!found) throw new TypeError(`no subject takes in ${type}`);
  return found;
}

/**
 * The one fold: every number that is shown anywhere comes from here. Throws a TypeError for an unknown type, and
 * NotLoaded where it needs an entity that was not loaded.
 */
function evolve(state: CustomerState, event: CustomerEvent): CustomerState {
  if (event.type === 'CustomerDeleted') return gone('deleted', state, event);
  if (event.type === 'CustomerErased') return gone('erased', state, event);
  const taken = folded(noticed(state, event), event);
  // a mention by another customer's fact does not count as that fact
  const facts = state.facts && (tellsOnlyOfBirth(event) ? state.facts : withFact(state.facts, event.origin));
  return { ...taken, head: dated(taken.head, event), ...(facts && { facts }) };
}

const gone = (status: 'deleted' | 'erased', { gone_at }: CustomerState, { occurred_at }: CustomerEvent) => ({
  ...blank,
  status,
  gone_at: later(gone_at, occurred_at),
});

/** True for credits, resolved names and memberships: they follow from other events and tell nothing new. */
const follows = ({ type }: CustomerEvent): boolean =>
  type === 'ReferralCredited' || type === 'ReferrerResolved' || isMembership({ type });

/** A source id that an event mentions besides its own data. */
interface Naming {
  readonly named?: string;
}
export const NAMED: keyof Naming = 'named';

/** Moves the beginning to the earliest event about the customer, and notes the names in events. */
function noticed(state: CustomerState, event: CustomerEvent): CustomerState {
  if (follows(event)) return state;
  const { named } = event.data as Naming;
  const known = seen(state.head.profile, event.occurred_at);
  const profile = named === undefined ? known : nameNoted(known, named, event.occurred_at);
  const status = state.status === 'unknown' ? 'active' : state.status;
  return { ...state, status, head: profile === state.head.profile ? state.head : { ...state.head, profile } };
}

function folded({ status, head: before, entities: known }: CustomerState, event: CustomerEvent): CustomerState {
  let [head, entities] = [before, known];
  const { named: _, ...data } = event.data as Naming;
  const told = { ...event, data };
  for (const { slice, step } of takingsOf(event.type)) {
    const [changed, after, moves = []] = step(head[slice], told, entities);
    if (changed !== head[slice]) head = { ...head, [slice]: changed };
    [head, entities] = moved(head, after, moves);
  }
  return { status, head, entities };
}

function moved(head: Head, entities: Entities, moves: readonly CardMove[]): [Head, Entities] {
  if (moves.length === 0) return [head, entities];
  const [cards, all] = moveCards(head.cards, moves, entities);
  return [{ ...head, cards }, all];
}

/** Notes the latest times. Consents have their own, see `consentsChangedAt`. */
function dated(head: Head, event: CustomerEvent): Head {
  const tells = !follows(event) && event.type !== 'ConsentChanged' && !tellsOnlyOfBirth(event);
  const { occurred_at } = event;
  const last_at = later(head.last_at, occurred_at);
  const latest_at = tells ? later(head.latest_at, occurred_at) : head.latest_at;
  if (last_at === head.last_at && latest_at === head.latest_at) return head;
  return { ...head, ...(latest_at !== undefined && { latest_at }), last_at };
}

const tellsOnlyOfBirth = ({ data }: CustomerEvent): boolean => 'implicit' in data && data.implicit === true;

const initial: CustomerState = { ...blank, facts: noFacts };

export const customer = { initial, evolve };

/**
 * The fold by business time: `includes` selects the events that had happened by then, `initial` is the state before
 * them. `source_id` belongs to the customer from the beginning, like the id, unless an event until then gives one.
 */
export function happenedBy(at: Instant, source_id: string | undefined) {
  const profile: Profile = { ...blank.head.profile, ...(source_id !== undefined && { names: { [source_id]: LAST } }) };
  const initial: CustomerState = { ...blank, head: { ...blank.head, profile } };
  return { initial, includes: ({ occurred_at }: CustomerEvent): boolean => occurred_at <= at };
}

/** The memory of a state, in entities. */
export const weightOf = ({ entities, facts }: CustomerState): number => entities.size + (facts?.size ?? 0) / 4;

/** The entities that folding an event reads; a correction reads more. */
export const touches = (event: CustomerEvent): readonly EntityKey[] =>
  takingsOf(event.type).flatMap((taking) => taking.touches(event.data, event.occurred_at));

/** Restores a stored head. */
export const headFrom = (stored: Head): Head =>
  restores.reduce((head, restore) => restore(head), { ...blank.head, ...stored });

const restores = subjects.flatMap((subject) => {
  const { slice, restore } = subject as Subject<Slice, unknown, never>;
  return restore ? [(head: Head): Head => ({ ...head, [slice]: restore(head[slice]) })] : [];
});

/**
 * Restores a state from its stored parts. With `loaded`, only those needs were looked up: a fold that needs another one
 * throws NotLoaded.
 */
export function customerFrom(
  status: CustomerState['status'],
  head: Head,
  entities: Iterable<StoredEntity>,
  loaded?: readonly Need[],
): CustomerState {
  let all = Entities.none;
  for (const { kind, id, entity } of entities) all = all.set(kind, id, entity as EntityOf[typeof kind]);
  return { status, head, entities: loaded ? all.restrictedTo(loaded) : all };
}

export interface StoredEntity {
  readonly kind: EntityKind;
  readonly id: string;
  readonly entity: unknown;
}

/** Event type -> the fields of its data that are stored encrypted. */
export const personal: { readonly [type: string]: readonly string[] } = Object.fromEntries(
  [...takings].map(([type, taking]) => [
    type,
    [...new Set([...taking.flatMap((one): readonly string[] => one.personal), NAMED])],
  ]),
);

export const eventTypes: readonly string[] = [...takings.keys()];
