import { cardAvailabilityEvent } from './card.js';
import { consentEvent, consentFactEvent } from './consent.js';
import { customEventEvent, type CustomEventFact } from './custom-event.js';
import { customer, type CustomerEvent, type CustomerState, foresee, isUnchanged } from './customer.js';
import { isExact } from './document.js';
import type { Entities } from './entities.js';
import { type Instant, Rejection } from './fold.js';
import { giftEvent } from './gift.js';
import { hasHeard } from './heard.js';
import { orderEvent, type OrderFact, priced } from './order.js';
import { pendingPointsEvent } from './pending-points.js';
import { type LoyaltyPointsFact, loyaltyPointsEvent } from './points.js';
import { bornBy, type ProfileFact, type ProfileInput, type Reference, toldBirth, UNSAID } from './profile.js';
import { publicationEvent } from './publication.js';
import { redemptionEvent, rollbackEvent } from './redemption.js';
import { creditEvent, referralEvent } from './referral.js';
import { type PointsSpentFact, spendingEvent } from './spending.js';
import { tierEvent } from './tier.js';
import { validationEvent } from './validation.js';

/** A rule: what an input means for a customer. No events: all of it was known. */
export type Decide<Input> = (state: CustomerState, input: Input, at: Instant) => readonly CustomerEvent[] | Rejection;

/** Facts that other services send: they never conflict, they settle. */
type AboutCustomer = { readonly customer: Reference };
type ToEvent<Input> = (entities: Entities, input: Input, at: Instant) => CustomerEvent;

export const recordOrder = fact(orderEvent);
export const recordRedemption = fact(redemptionEvent);
export const recordRollback = fact(rollbackEvent);
export const recordValidation = fact(validationEvent);
export const recordPublication = fact(publicationEvent);
export const recordGiftCredits = fact(giftEvent);
export const recordLoyaltyPoints = fact((entities, input: LoyaltyPointsFact | PointsSpentFact, at) =>
  input.kind === 'spent' ? spendingEvent(entities, input, at) : loyaltyPointsEvent(entities, input, at),
);
export const recordPendingPoints = fact(pendingPointsEvent);
export const recordCardAvailability = fact(cardAvailabilityEvent);
export const recordTier = fact(tierEvent);
export const recordReferral = fact(referralEvent);
export const recordConsents = fact(consentFactEvent);
export const recordCustomEvent = fact(customEventEvent);

/** Something else named this customer: it is known from then on. */
export const recordMention: Decide<AboutCustomer> = (state, { customer: reference }, at) => {
  const { seen_at } = state.head.profile;
  const isEarlier = state.status === 'active' && seen_at !== undefined && at < seen_at;
  return isEarlier
    ? [{ type: 'CustomerBackdated', occurred_at: at, data: bornBy(at) }]
    : enrolled(state, reference, at);
};

/** `customer.created` and `customer.updated`; the former may create under an id of its own (migrations). */
export const recordProfile: Decide<ProfileFact> = (state, fact, at) => {
  const { id, created, created_at: _, ...said } = fact;
  const birth = toldBirth(fact, at);
  if (state.status === 'unknown' && birth && (id === undefined || created))
    return settled(state, { type: 'CustomerCreated', occurred_at: at, data: { ...said, ...birth } });
  const { source_id: __, ...changes } = said;
  return recorded(state, fact, at, () => ({
    type: 'CustomerUpdated',
    occurred_at: at,
    data: { ...changes, ...birth },
  }));
};

/** POST: creates, or updates what is there (contract 2.1). */
export const createCustomer: Decide<ProfileInput> = (state, input, at) => {
  if (isGone(state)) return notFound(undefined, input.source_id);
  if (state.status === 'unknown')
    return settled(state, { type: 'CustomerCreated', occurred_at: at, data: { ...input, created_at: at } });
  return updateCustomer(state, input, at);
};

/** PUT: what is left out stays; the source id never changes. */
export const updateCustomer: Decide<ProfileInput> = (state, { source_id: _, ...changes }, at) =>
  known(state) ??
  (Object.keys(changes).length === 0
    ? []
    : settled(state, { type: 'CustomerUpdated', occurred_at: at, data: changes }));

/** One of many rows of a bulk update: as POST, but a row that comes again, as all do after a crash, says nothing. */
export const upsertCustomer: Decide<ProfileInput> = (state, input, at) => {
  const { source_id: _, ...changes } = input;
  return isRepeated(state, changes, at) ? [] : createCustomer(state, input, at);
};

/** A row of an import: it is all that there is to say of a person, so what it leaves out is unset. */
export const importCustomer: Decide<ProfileInput> = (state, input, at) => {
  const all = { ...UNSAID, ...input };
  if (state.status !== 'active') return createCustomer(state, all, at);
  const { source_id: _, ...changes } = all;
  if (isRepeated(state, changes, at)) return [];
  const emptied: CustomerEvent = { type: 'CustomerUpdated', occurred_at: at, data: { address: null, metadata: null } };
  return [emptied, { type: 'CustomerUpdated', occurred_at: at, data: changes }];
};

/** What a client tells that a customer did, and what it tells of the customer. */
export interface Told<Said> {
  readonly customer: ProfileInput;
  readonly said: Said;
}

/** POST and PUT of an order: the customer whom it names is created or updated with it (contract 2.1). */
export const placeOrder: Decide<Told<Omit<OrderFact, 'customer'>>> = (state, { customer: told, said }, at) =>
  recordedAfter(createCustomer(state, told, at), state, (entities) =>
    orderEvent(entities, { ...priced(said), customer: {} }, at),
  );

/** POST of a custom event: likewise. */
export const trackEvent: Decide<Told<Omit<CustomEventFact, 'customer'>>> = (state, { customer: told, said }, at) =>
  recordedAfter(createCustomer(state, told, at), state, (entities) =>
    customEventEvent(entities, { ...said, customer: {} }, at),
  );

export const changeConsents: Decide<Parameters<typeof consentEvent>[1]> = (state, changes, at) =>
  known(state) ?? settled(state, consentEvent(state.entities, changes, at));

export const deleteCustomer: Decide<unknown> = (state, _, at) =>
  known(state) ?? [{ type: 'CustomerDeleted', occurred_at: at, data: {} }];

/** Forgets for good; also somebody who was deleted before. */
export const eraseCustomer: Decide<unknown> = ({ status }, _, at) =>
  status === 'active' || status === 'deleted' ? [{ type: 'CustomerErased', occurred_at: at, data: {} }] : notFound();

/** The other half of a referral may come before the referrer is known; it waits. */
export const creditReferral: Decide<Parameters<typeof creditEvent>[1]> = (state, input, at) =>
  isGone(state) ? notFound() : settled(state, creditEvent(state.entities, input, at));

function fact<Input extends AboutCustomer>(toEvent: ToEvent<Input>): Decide<Input> {
  return (state, input, at) => recorded(state, input.customer, at, (entities) => toEvent(entities, input, at));
}

function recorded(
  state: CustomerState,
  reference: Reference,
  at: Instant,
  toEvent: (entities: Entities) => CustomerEvent,
): readonly CustomerEvent[] | Rejection {
  return recordedAfter(enrolled(state, reference, at), state, toEvent);
}

/** The event, after those that make the customer known. */
function recordedAfter(
  before: readonly CustomerEvent[] | Rejection,
  state: CustomerState,
  toEvent: (entities: Entities) => CustomerEvent,
): readonly CustomerEvent[] | Rejection {
  if (before instanceof Rejection) return before;
  const present = before.reduce(customer.evolve, state);
  const after = settled(present, toEvent(present.entities));
  return after instanceof Rejection ? after : [...before, ...after];
}

/** The event, unless it was heard before and says nothing new, or takes a number out of the exact integers. */
function settled(state: CustomerState, event: CustomerEvent): readonly CustomerEvent[] | Rejection {
  const after = foresee(state, event);
  if (isUnchanged(state, after) && state.heard && hasHeard(state.heard, event)) return [];
  return isExact(after) ? [event] : new Rejection('invalid_amount');
}

/** A customer named by source id is created when unknown. */
function enrolled(
  state: CustomerState,
  { id, source_id }: Reference,
  at: Instant,
): readonly CustomerEvent[] | Rejection {
  if (isGone(state)) return notFound(id, source_id);
  if (state.status === 'active') return [];
  if (id !== undefined || source_id === undefined) return notFound(id, source_id);
  return [{ type: 'CustomerCreated', occurred_at: at, data: { source_id, ...bornBy(at) } }];
}

/** Nothing new now, and known to have been said at this time: by the creation or by an update. */
function isRepeated(state: CustomerState, data: ProfileInput, at: Instant): boolean {
  if (state.status !== 'active') return false;
  const event: CustomerEvent = { type: 'CustomerUpdated', occurred_at: at, data };
  const isKnown = state.head.profile.birth?.created_at === at || (state.heard && hasHeard(state.heard, event));
  return isKnown === true && isUnchanged(state, customer.evolve(state, event));
}

const isGone = ({ status }: CustomerState): boolean => status === 'deleted' || status === 'erased';

const known = (state: CustomerState): Rejection | undefined => (state.status === 'active' ? undefined : notFound());

const notFound = (id?: string, source_id?: string): Rejection =>
  new Rejection('not_found', id === undefined ? { source_id } : { id });
