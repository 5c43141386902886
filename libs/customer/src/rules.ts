import { consentData, type ConsentsSaid, consentsOverridden } from './consent.js';
import type { CustomEventFact } from './custom-event.js';
import {
  type AnyFact,
  customer,
  type CustomerEvent,
  type CustomerState,
  drafts,
  type FactKind,
  type FactOf,
} from './customer.js';
import { isExact } from './document.js';
import type { Entities } from './entities.js';
import { type Draft as DraftOf, Rejection } from './fold.js';
import { type Instant, later, next } from './instant.js';
import { own } from './keyed.js';
import { happeningOf, isOrderShown, type OrderFact, orderOverridden, priced } from './order.js';
import {
  bornBy,
  isProfileShown,
  type ProfileFact,
  type ProfileInput,
  profileOverridden,
  type Reference,
  toldBirth,
  UNSAID,
} from './profile.js';
import { isResolved, type ReferrerFound } from './referral.js';
import { isCreditKnown, type ReferralCredit } from './referral-credit.js';
import { recognize } from './seen-facts.js';
import { type Judgement, membershipsOf } from './segment.js';
import { isFact, type Origin, type Provenance } from './statement.js';

/** A decision: events, none when nothing is new, and the state after them. */
export interface Decided {
  readonly events: readonly CustomerEvent[];
  readonly state: CustomerState;
}

/** A rule: decides the events that an input causes. */
export type Decide<Input> = (state: CustomerState, input: Input, given: Provenance) => Decided | Rejection;

type Draft = DraftOf<CustomerEvent>;
type AboutCustomer = { readonly customer: Reference };
type ToDraft = (entities: Entities, input: AboutCustomer) => Draft;

/* Facts that other services send: they never conflict, they merge. */

/** Kind of fact -> its rule. */
export const record = Object.fromEntries(
  Object.entries(drafts).map(([kind, draft]) => [kind, fact(draft as ToDraft)]),
) as unknown as {
  readonly [Kind in FactKind]: Decide<FactOf<Kind>>;
};

export const recordFact = <Kind extends FactKind>(
  state: CustomerState,
  { kind, data }: AnyFact<Kind>,
  given: Provenance,
): Decided | Rejection => record[kind](state, data, given);

/** A mention by another fact: the customer exists since then at the latest. */
export const recordMention: Decide<AboutCustomer> = (state, { customer: reference }, given) => {
  if (state.status !== 'active') return former(state, given.at) ?? enrolled(state, reference, given);
  const { seen_at } = state.head.profile;
  const named = newName(state, reference, given.at);
  if (seen_at !== undefined && given.at >= seen_at && named.named === undefined) return unchanged(state);
  return recorded(state, [{ type: 'CustomerBackdated', data: { ...bornBy(given.at), ...named } }], given);
};

/** `customer.created` and `customer.updated`; the former may create under its own id (migrations). */
export const recordProfile: Decide<ProfileFact & { readonly alias?: string }> = (state, fact, given) => {
  const { id, created_at: _, created, ...said } = fact;
  const birth = toldBirth(fact, given.at);
  const data = { ...said, ...(created && { created }), ...birth };
  return once(state, given, () =>
    state.status === 'unknown' && birth && (id === undefined || created)
      ? recorded(state, [{ type: 'CustomerCreated', data: { ...data, ...birth } }], given)
      : andThen(enrolled(state, fact, given), (present) =>
          recorded(present, [{ type: 'CustomerUpdated', data }], given),
        ),
  );
};

/* Commands, dated after every statement that they override. */

/** POST: creates or updates the customer (contract 2.1). */
export const createCustomer: Decide<ProfileInput> = (state, input, given) => {
  if (isGone(state)) return notFound(undefined, input.source_id);
  if (state.status === 'active') return updateCustomer(state, input, given);
  const { at } = given;
  return recorded(state, [{ type: 'CustomerCreated', data: { ...input, created_at: at } }], given);
};

/** PUT: absent fields stay; the source id never changes. */
export const updateCustomer: Decide<ProfileInput> = (state, { source_id: _, ...changes }, given) =>
  known(state) ?? profileChanged(state, changes, given);

/** A row of a bulk update, handled like POST. */
export const upsertCustomer: Decide<ProfileInput> = (state, input, given) =>
  once(state, given, () => createCustomer(state, input, given));

/** A row of an import describes the whole person, so absent fields are unset. */
export const importCustomer: Decide<ProfileInput> = (state, input, given) =>
  once(state, given, () => {
    const all = { ...UNSAID, ...input };
    if (state.status !== 'active') return createCustomer(state, all, given);
    const { source_id: _, ...changes } = all;
    return profileChanged(state, { ...changes, replaced: ['address', 'metadata'] }, given);
  });

type ProfileChanges = Parameters<typeof profileOverridden>[1];

function profileChanged(state: CustomerState, changes: ProfileChanges, given: Provenance): Decided | Rejection {
  const { profile } = state.head;
  if (isProfileShown(profile, changes)) return unchanged(state);
  const dated = after(given, profileOverridden(profile, changes));
  return recorded(state, [{ type: 'CustomerUpdated', data: changes }], dated);
}

/** A client's statement about a customer's action, with the customer's profile. */
export interface WithCustomer<Said> {
  readonly customer: ProfileInput;
  readonly said: Said;
}

/** POST and PUT of an order: creates or updates its customer as well (contract 2.1). */
export const placeOrder: Decide<WithCustomer<Omit<OrderFact, 'customer'>>> = (state, { customer: told, said }, given) =>
  andThen(createCustomer(state, told, given), (present) => {
    const { id, ...order } = priced(said);
    const before = present.entities.get('order', id);
    if (isOrderShown(before, order)) return unchanged(present);
    const told_as = happeningOf(before, order);
    const draft = drafts.order(present.entities, { ...order, id, told_as, customer: {} });
    return recorded(present, [draft], after(given, orderOverridden(before, order)));
  });

/** POST of a custom event: creates or updates its customer as well. */
export const trackEvent: Decide<WithCustomer<Omit<CustomEventFact, 'customer'>>> = (
  state,
  { customer: told, said },
  given,
) =>
  andThen(createCustomer(state, told, given), (present) =>
    recorded(present, [drafts.custom_event(present.entities, { ...said, customer: {} })], given),
  );

/** Always recorded, because a fact that is dated in between may still arrive. */
export const changeConsents: Decide<ConsentsSaid> = (state, changes, given) =>
  known(state) ??
  recorded(
    state,
    [{ type: 'ConsentChanged', data: consentData(changes) }],
    after(given, consentsOverridden(state.head.consents, changes.consents)),
  );

export const deleteCustomer: Decide<unknown> = (state, _, given) =>
  known(state) ?? recorded(state, [{ type: 'CustomerDeleted', data: {} }], after(given, state.head.last_at));

/** Erases a customer for good, also after a deletion. */
export const eraseCustomer: Decide<unknown> = (state, _, given) =>
  state.status === 'active' || state.status === 'deleted'
    ? recorded(state, [{ type: 'CustomerErased', data: {} }], after(given, state.gone_at ?? state.head.last_at))
    : notFound();

/** A credit that follows from another customer's referrals. It may come before this customer is known, and waits. */
export const creditReferral: Decide<ReferralCredit> = (state, input, given) => {
  if (isGone(state)) return notFound();
  if (isCreditKnown(state.entities, input)) return unchanged(state);
  return recorded(state, [{ type: 'ReferralCredited', data: input }], given);
};

/** Resolves the id by which this customer's referral named its referrer. */
export const resolveReferrer: Decide<ReferrerFound> = (state, input, given) =>
  known(state) ??
  (isResolved(state.head.referrals, input)
    ? unchanged(state)
    : recorded(state, [{ type: 'ReferrerResolved', data: input }], given));

/** Records entries and exits where a judgement differs from the record. */
export function recordMemberships(state: CustomerState, judgements: readonly Judgement[]): Decided {
  const events = membershipsOf(state, judgements);
  return { events, state: events.reduce(customer.evolve, state) };
}

const unchanged = (state: CustomerState): Decided => ({ events: [], state });

function fact(toDraft: ToDraft): Decide<AboutCustomer> {
  return (state, input, given) =>
    once(state, given, () => about(state, input.customer, given, (entities) => toDraft(entities, input)));
}

/** Deduplicates facts and rows of bulk work. */
function once(
  state: CustomerState,
  { at, origin }: Provenance,
  decide: () => Decided | Rejection,
): Decided | Rejection {
  const refused = isFact(origin) ? former(state, at) : undefined;
  if (refused) return refused;
  if (!origin || !state.facts) return decide();
  const conflict = conflictOf(state, origin);
  if (conflict) return conflict;
  return recognize(state.facts, origin) === 'repeated' ? unchanged(state) : decide();
}

/** Refuses a fact whose source, id and sequence belong to another recorded fact. */
export const conflictOf = ({ facts }: CustomerState, origin: Origin): Rejection | undefined =>
  facts && recognize(facts, origin) === 'conflict'
    ? new Rejection('fact_conflict', { source: origin.source, id: origin.id })
    : undefined;

/** Refuses a fact from before a deletion, because it is about the deleted customer. */
const former = ({ gone_at }: CustomerState, at: Instant): Rejection | undefined =>
  gone_at !== undefined && at <= gone_at ? new Rejection('customer_deleted', { released_at: gone_at }) : undefined;

/** Records the event, after those that create the customer. */
function about(
  state: CustomerState,
  reference: Reference,
  given: Provenance,
  toDraft: (entities: Entities) => Draft,
): Decided | Rejection {
  return andThen(enrolled(state, reference, given), (present) => {
    const draft = toDraft(present.entities);
    const named = newName(present, reference, given.at);
    return recorded(present, [{ ...draft, data: { ...draft.data, ...named } } as Draft], given);
  });
}

/** A source id that leads to the customer since an earlier time than was known. */
interface Newly {
  readonly named?: string;
}

/** The source id of a reference, when it is new or earlier than was known. */
function newName({ head: { profile } }: CustomerState, { id, source_id }: Reference, at: Instant): Newly {
  // a source id beside an id is ignored
  if (id !== undefined || source_id === undefined) return {};
  const since = own(profile.names, source_id);
  return since !== undefined && since <= at ? {} : { named: source_id };
}

/** Makes both decisions in order; returns the first refusal. */
function andThen(first: Decided | Rejection, decide: (state: CustomerState) => Decided | Rejection) {
  if (first instanceof Rejection) return first;
  const second = decide(first.state);
  return second instanceof Rejection ? second : { events: [...first.events, ...second.events], state: second.state };
}

/** Folds the drafted events; refuses them when a number leaves the exact integers. */
function recorded(before: CustomerState, drafts: readonly Draft[], { at, origin }: Provenance): Decided | Rejection {
  const events = drafts.map((draft) => ({ ...draft, occurred_at: at, ...(origin && { origin }) }));
  const state = events.reduce(customer.evolve, before);
  return isExact(state) ? { events, state } : new Rejection('invalid_amount');
}

/** Dates a command after the statements that it overrides, even when their clocks ran ahead. */
const after = (given: Provenance, overridden: Instant | undefined): Provenance =>
  overridden === undefined ? given : { ...given, at: later(given.at, next(overridden)) };

/** Creates an unknown customer that is named by source id. */
function enrolled(state: CustomerState, { id, source_id }: Reference, given: Provenance): Decided | Rejection {
  if (isGone(state)) return notFound(id, source_id);
  if (state.status === 'active') return unchanged(state);
  if (id !== undefined || source_id === undefined) return notFound(id, source_id);
  return recorded(state, [{ type: 'CustomerCreated', data: { source_id, ...bornBy(given.at) } }], given);
}

const isGone = ({ status }: CustomerState): boolean => status === 'deleted' || status === 'erased';

const known = (state: CustomerState): Rejection | undefined => (state.status === 'active' ? undefined : notFound());

const notFound = (id?: string, source_id?: string): Rejection =>
  new Rejection('not_found', id === undefined ? { source_id } : { id });
