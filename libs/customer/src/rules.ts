import { cardAvailabilityDraft } from './card.js';
import { consentData, consentFactData, type ConsentsSaid, consentsOverridden } from './consent.js';
import { customEventDraft, type CustomEventFact } from './custom-event.js';
import { customer, type CustomerEvent, type CustomerState } from './customer.js';
import { isExact } from './document.js';
import type { Entities } from './entities.js';
import { Rejection } from './fold.js';
import { giftDraft } from './gift.js';
import { type Instant, later, next } from './instant.js';
import { own } from './keyed.js';
import { happeningOf, isOrderShown, orderDraft, type OrderFact, orderOverridden, priced } from './order.js';
import { pendingPointsDraft } from './pending-points.js';
import { type LoyaltyPointsFact, loyaltyPointsDraft } from './points.js';
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
import { publicationDraft } from './publication.js';
import { redemptionDraft, rollbackDraft } from './redemption.js';
import { isCreditKnown, isResolved, type ReferralCredit, referralDraft, type ReferrerFound } from './referral.js';
import { recognize } from './seen-facts.js';
import { type Judgement, membershipsOf } from './segment.js';
import { type PointsSpentFact, spendingDraft } from './spending.js';
import { isFact, type Origin, type Provenance } from './statement.js';
import { tierDraft } from './tier.js';
import { validationDraft } from './validation.js';

/** What a rule decides: events, none when nothing is new, and the state after them. */
export interface Decided {
  readonly events: readonly CustomerEvent[];
  readonly state: CustomerState;
}

/** A rule: what an input means for a customer. */
export type Decide<Input> = (state: CustomerState, input: Input, given: Provenance) => Decided | Rejection;

type Draft = { [E in CustomerEvent as E['type']]: Pick<E, 'type' | 'data'> }[CustomerEvent['type']];
type AboutCustomer = { readonly customer: Reference };
type ToDraft<Input> = (entities: Entities, input: Input) => Draft;

/* Facts that other services send: they never conflict, they settle. */

export const recordOrder = fact(orderDraft);
export const recordRedemption = fact(redemptionDraft);
export const recordRollback = fact(rollbackDraft);
export const recordValidation = fact(validationDraft);
export const recordPublication = fact(publicationDraft);
export const recordGiftCredits = fact(giftDraft);
export const recordLoyaltyPoints = fact((entities, input: LoyaltyPointsFact | PointsSpentFact) =>
  input.kind === 'spent' ? spendingDraft(entities, input) : loyaltyPointsDraft(entities, input),
);
export const recordPendingPoints = fact(pendingPointsDraft);
export const recordCardAvailability = fact(cardAvailabilityDraft);
export const recordTier = fact(tierDraft);
export const recordReferral = fact(referralDraft);
export const recordConsents = fact((_, input: Parameters<typeof consentFactData>[0]) => ({
  type: 'ConsentChanged' as const,
  data: consentFactData(input),
}));
export const recordCustomEvent = fact(customEventDraft);

/** Something else named this customer: it exists since then at the latest. */
export const recordMention: Decide<AboutCustomer> = (state, { customer: reference }, given) => {
  if (state.status !== 'active') return former(state, given.at) ?? enrolled(state, reference, given);
  const { seen_at } = state.head.profile;
  const named = newName(state, reference, given.at);
  if (seen_at !== undefined && given.at >= seen_at && named.named === undefined) return unchanged(state);
  return recorded(state, [{ type: 'CustomerBackdated', data: { ...bornBy(given.at), ...named } }], given);
};

/** `customer.created` and `customer.updated`; the former may create under an id of its own (migrations). */
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

/* Commands: decisions on a state, dated after everything that they override. */

/** POST: creates, or updates what is there (contract 2.1). */
export const createCustomer: Decide<ProfileInput> = (state, input, given) => {
  if (isGone(state)) return notFound(undefined, input.source_id);
  if (state.status === 'active') return updateCustomer(state, input, given);
  const { at } = given;
  return recorded(state, [{ type: 'CustomerCreated', data: { ...input, created_at: at } }], given);
};

/** PUT: what is left out stays; the source id never changes. */
export const updateCustomer: Decide<ProfileInput> = (state, { source_id: _, ...changes }, given) =>
  known(state) ?? profileChanged(state, changes, given);

/** One of many rows of a bulk update: as POST. */
export const upsertCustomer: Decide<ProfileInput> = (state, input, given) =>
  once(state, given, () => createCustomer(state, input, given));

/** A row of an import: it is all that there is to say of a person, so what it leaves out is unset. */
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

/** What a client tells that a customer did, and what it tells of the customer. */
export interface Told<Said> {
  readonly customer: ProfileInput;
  readonly said: Said;
}

/** POST and PUT of an order: the customer whom it names is created or updated with it (contract 2.1). */
export const placeOrder: Decide<Told<Omit<OrderFact, 'customer'>>> = (state, { customer: told, said }, given) =>
  andThen(createCustomer(state, told, given), (present) => {
    const { id, ...order } = priced(said);
    const before = present.entities.get('order', id);
    if (isOrderShown(before, order)) return unchanged(present);
    const told_as = happeningOf(before, order);
    const draft = orderDraft(present.entities, { ...order, id, told_as, customer: {} });
    return recorded(present, [draft], after(given, orderOverridden(before, order)));
  });

/** POST of a custom event: likewise. */
export const trackEvent: Decide<Told<Omit<CustomEventFact, 'customer'>>> = (state, { customer: told, said }, given) =>
  andThen(createCustomer(state, told, given), (present) =>
    recorded(present, [customEventDraft(present.entities, { ...said, customer: {} })], given),
  );

/** Always recorded: a fact that is dated in between may still arrive. */
export const changeConsents: Decide<ConsentsSaid> = (state, changes, given) =>
  known(state) ??
  recorded(
    state,
    [{ type: 'ConsentChanged', data: consentData(changes) }],
    after(given, consentsOverridden(state.head.consents, changes.consents)),
  );

export const deleteCustomer: Decide<unknown> = (state, _, given) =>
  known(state) ?? recorded(state, [{ type: 'CustomerDeleted', data: {} }], after(given, state.head.last_at));

/** Forgets for good; also a customer who was deleted before. */
export const eraseCustomer: Decide<unknown> = (state, _, given) =>
  state.status === 'active' || state.status === 'deleted'
    ? recorded(state, [{ type: 'CustomerErased', data: {} }], after(given, state.gone_at ?? state.head.last_at))
    : notFound();

/** What follows from the referrals of another customer. It may come before this one is known; it waits. */
export const creditReferral: Decide<ReferralCredit> = (state, input, given) => {
  if (isGone(state)) return notFound();
  if (isCreditKnown(state.entities, input)) return unchanged(state);
  return recorded(state, [{ type: 'ReferralCredited', data: input }], given);
};

/** The name by which this customer's referral told its referrer leads to a customer. */
export const resolveReferrer: Decide<ReferrerFound> = (state, input, given) =>
  known(state) ??
  (isResolved(state.head.referrals, input)
    ? unchanged(state)
    : recorded(state, [{ type: 'ReferrerResolved', data: input }], given));

/** Entered or left, where a judgement differs from what was recorded before. */
export function recordMemberships(state: CustomerState, judgements: readonly Judgement[]): Decided {
  const events = membershipsOf(state, judgements);
  return { events, state: events.reduce(customer.evolve, state) };
}

const unchanged = (state: CustomerState): Decided => ({ events: [], state });

function fact<Input extends AboutCustomer>(toDraft: ToDraft<Input>): Decide<Input> {
  return (state, input, given) =>
    once(state, given, () => about(state, input.customer, given, (entities) => toDraft(entities, input)));
}

/** Takes a fact, or a row of bulk work, once. */
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

/** The refusal of a fact of whose source, id and sequence another one was taken. */
export const conflictOf = ({ facts }: CustomerState, origin: Origin): Rejection | undefined =>
  facts && recognize(facts, origin) === 'conflict'
    ? new Rejection('fact_conflict', { source: origin.source, id: origin.id })
    : undefined;

/** What happened before a deletion is about the customer who was deleted. */
const former = ({ gone_at }: CustomerState, at: Instant): Rejection | undefined =>
  gone_at !== undefined && at <= gone_at ? new Rejection('customer_deleted', { released_at: gone_at }) : undefined;

/** The event, after those that make the customer known. */
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

/** A source id that leads to a customer since an earlier time than was known. */
interface Newly {
  readonly named?: string;
}

/** A source id belongs to a customer since the earliest time at which it was told. */
function newName({ head: { profile } }: CustomerState, { id, source_id }: Reference, at: Instant): Newly {
  // beside an id a source id says nothing
  if (id !== undefined || source_id === undefined) return {};
  const since = own(profile.names, source_id);
  return since !== undefined && since <= at ? {} : { named: source_id };
}

/** Both decisions, one after the other, or the first refusal. */
function andThen(first: Decided | Rejection, decide: (state: CustomerState) => Decided | Rejection) {
  if (first instanceof Rejection) return first;
  const second = decide(first.state);
  return second instanceof Rejection ? second : { events: [...first.events, ...second.events], state: second.state };
}

/** Folds what is to be recorded; refused when it takes a number out of the exact integers. */
function recorded(before: CustomerState, drafts: readonly Draft[], { at, origin }: Provenance): Decided | Rejection {
  const events = drafts.map((draft) => ({ ...draft, occurred_at: at, ...(origin && { origin }) }));
  const state = events.reduce(customer.evolve, before);
  return isExact(state) ? { events, state } : new Rejection('invalid_amount');
}

/** A command comes after what it overrides, whatever the clocks of those who said that. */
const after = (given: Provenance, overridden: Instant | undefined): Provenance =>
  overridden === undefined ? given : { ...given, at: later(given.at, next(overridden)) };

/** A customer named by source id is created when unknown. */
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
