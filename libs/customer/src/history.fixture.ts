import * as fc from 'fast-check';
import { customer, type CustomerEvent, type CustomerState } from './customer.js';
import { type Instant, Rejection } from './fold.js';
import * as rules from './rules.js';

/* Random histories of facts about one customer: few ids and few times, so that facts meet, conflict and tie. */

export interface Told {
  readonly rule: keyof typeof tellers;
  readonly input: object;
  readonly at: Instant;
}

const who = { customer: { source_id: 'ada' } };
const instants = Array.from({ length: 6 }, (_, n) => `2024-05-0${n + 1}T10:00:00.000Z`);
const anInstant = fc.constantFrom(...instants);
const amount = fc.nat(10_000);
const id = (prefix: string, count = 3) => fc.nat(count - 1).map((n) => `${prefix}_${n}`);
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const campaign = fc.constantFrom(
  { id: 'camp_1', name: 'One' },
  { id: 'camp_1', name: 'Renamed' },
  { id: 'camp_2', name: 'Two' },
  { name: 'Two' },
  { name: '__proto__' },
);
const card = fc.constantFrom({ id: 'card_1' }, { id: 'card_2' }, { id: '__proto__' });
const text = fc.constantFrom('a', 'b', null);
const keyed = fc.dictionary(
  fc.constantFrom('x', 'y', '__proto__', 'constructor'),
  fc.constantFrom<string | number | null>('v', 1, null),
  { maxKeys: 3, noNullPrototype: true },
);
const result = fc.constantFrom('SUCCESS', 'FAILURE');

const order = fc.record(
  {
    id: id('ord', 4),
    status: fc.constantFrom('CREATED', 'PROCESSING', 'PAID', 'FULFILLED', 'CANCELED'),
    amount: fc.option(amount),
    total_amount: amount,
    metadata: keyed,
    created_at: anInstant,
  },
  { requiredKeys: ['id'] },
);
const redemption = fc.record(
  {
    id: id('r'),
    result,
    redemption: fc.constantFrom(null, 'r_parent'),
    gift: fc.record({ amount }),
    loyalty_card: fc.record({ points: amount }),
    voucher: card,
  },
  { requiredKeys: ['id', 'result'] },
);
const rollback = fc.record(
  {
    id: id('rr'),
    redemption: id('r'),
    result,
    gift: fc.record({ amount: amount.map((n) => -n) }),
    loyalty_card: fc.record({ points: amount }),
  },
  { requiredKeys: ['id', 'redemption', 'result'] },
);
const points = fc
  .record({
    kind: fc.constantFrom('earned', 'expired', 'adjusted', 'transferred'),
    campaign,
    voucher: card,
    balance: fc.record({ points: amount }),
    transaction: fc.record({ id: id('vtx', 6) }),
    minus: fc.boolean(),
  })
  .map(({ minus, ...fact }) => ({
    ...fact,
    ...(fact.kind === 'adjusted' && minus && { balance: { points: 0 - fact.balance.points } }),
    ...(fact.kind === 'transferred' && { source_voucher: { id: 'card_1' }, destination_voucher: { id: 'card_2' } }),
  }));
const spent = fc
  .record({
    campaign,
    voucher: card,
    balance: fc.record({ points: amount }),
    transaction: fc.record({ id: id('stx') }),
    redemption: optional(fc.record({ id: id('r') })),
  })
  .map((fact) => ({ ...fact, kind: 'spent' }));
const profile = fc.record(
  {
    name: text,
    email: text,
    address: fc.option(fc.dictionary(fc.constantFrom('city', 'country'), text, { maxKeys: 2, noNullPrototype: true })),
    metadata: fc.option(keyed),
    created: fc.boolean(),
    created_at: anInstant,
  },
  { requiredKeys: ['created'] },
);

const tellers = {
  recordProfile: profile.map((said) => ({ ...said, source_id: 'ada' })),
  recordMention: fc.constant({}),
  recordOrder: order,
  recordRedemption: redemption,
  recordRollback: rollback,
  recordValidation: fc.record({ id: id('valid'), valid: fc.boolean() }),
  recordPublication: fc.record({ id: id('pub'), result, campaign, voucher: card }, { requiredKeys: ['id', 'result'] }),
  recordLoyaltyPoints: fc.oneof(points, spent),
  recordPendingPoints: fc.record({
    kind: fc.constantFrom('added', 'activated', 'canceled'),
    campaign,
    voucher: card,
    pending_points: fc.record({ id: id('ppt'), points: amount }, { requiredKeys: ['id'] }),
  }),
  recordCardAvailability: fc.record({ voucher: card, available: fc.boolean() }),
  recordTier: fc.record({ campaign, loyalty_tier: fc.option(fc.record({ id: id('ltr') })) }),
  recordGiftCredits: fc.record({
    voucher: card,
    balance: fc.record({ amount }),
    transaction: fc.record({ id: id('gtx') }),
  }),
  recordReferral: fc.record({
    referrer: fc.record({ id: id('cust') }),
    campaign,
    redemption: fc.record({ id: id('r') }),
  }),
  creditReferral: fc.record({ campaign, referee_id: id('cust') }),
  recordConsents: fc.record({
    given: fc.boolean(),
    consents: fc.array(fc.record({ id: fc.constantFrom('unsubscribed', 'cnst_1', 'cnst_2') }), {
      minLength: 1,
      maxLength: 3,
    }),
  }),
  recordCustomEvent: fc.record({ id: id('evt'), type: fc.constantFrom('visited', '__proto__'), metadata: keyed }),
};

export const aFact: fc.Arbitrary<Told> = fc
  .constantFrom(...(Object.keys(tellers) as Told['rule'][]))
  .chain((rule) => fc.record({ rule: fc.constant(rule), input: tellers[rule] as fc.Arbitrary<object>, at: anInstant }));

export const aHistory = fc.array(aFact, { minLength: 1, maxLength: 30 });

/** Orders only, so that they really get into each other's way. */
export const anOrderHistory = fc.array(
  fc.record({ rule: fc.constant('recordOrder' as const), input: order, at: anInstant }),
  { minLength: 1, maxLength: 40 },
);

/** The history in another order, some of it told twice. */
export const aRetelling = (history: readonly Told[]): fc.Arbitrary<Told[]> =>
  fc
    .tuple(fc.shuffledSubarray([...history], { minLength: history.length }), fc.subarray([...history]))
    .chain(([all, again]) => fc.shuffledSubarray([...all, ...again], { minLength: all.length + again.length }));

/** What a rule makes of a fact. */
export const decide = (state: CustomerState, { rule, input, at }: Told) =>
  (rules[rule] as rules.Decide<object>)(state, { ...who, ...input }, at);

/** All events that a history leaves. A refusal is a mistake of the test. */
export function eventsOf(history: readonly Told[]): readonly CustomerEvent[] {
  let state = customer.initial;
  return history.flatMap((told) => {
    const events = decide(state, told);
    if (events instanceof Rejection) throw new Error(`${told.rule} was refused: ${events.code}`);
    state = events.reduce(customer.evolve, state);
    return events;
  });
}

/** Tells everything, one after the other. */
export const tell = (history: readonly Told[]): CustomerState =>
  eventsOf(history).reduce(customer.evolve, customer.initial);
