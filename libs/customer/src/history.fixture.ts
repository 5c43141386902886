import * as fc from 'fast-check';
import { customer, type CustomerEvent, type CustomerState, type FactKind, type FactOf } from './customer.js';
import { Rejection } from './fold.js';
import type { Instant } from './instant.js';
import type { Reference } from './profile.js';
import {
  creditReferral,
  type Decide,
  type Decided,
  deleteCustomer,
  eraseCustomer,
  record,
  recordMention,
  recordProfile,
} from './rules.js';
import { factOrigin } from './scenario.fixture.js';
import type { Provenance } from './statement.js';

/*
 * Random histories of facts about one customer: few ids, few times, few sources, so that facts meet, conflict and tie,
 * at one instant, within a millisecond, and by sequences.
 */

export interface RandomFact {
  readonly rule: keyof typeof tellers;
  readonly input: object;
  readonly at: Instant;
  readonly source?: string;
  readonly sequence?: string;
  /** The CloudEvents id, which does not matter. */
  readonly id?: string;
}

const instants = [
  '2024-05-01T10:00:00.000000000Z',
  '2024-05-02T10:00:00.000000000Z',
  '2024-05-03T10:00:00.000000000Z',
  '2024-05-03T10:00:00.000000001Z',
  '2024-05-03T10:00:00.000900000Z',
  '2024-05-03T10:00:00.001000000Z',
  '2024-05-04T10:00:00.000000000Z',
  '2024-05-05T10:00:00.000000000Z',
];
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
const typed = fc.tuple(card, fc.constantFrom(undefined, 'GIFT_VOUCHER', 'LOYALTY_CARD')).map(([one, type]) => ({
  ...one,
  ...(type !== undefined && { type }),
}));
const text = fc.constantFrom('a', 'b', '\u{ffe5}', '\u{1f600}', null);
const keyed = fc.dictionary(
  fc.constantFrom('x', 'y', '__proto__', 'constructor'),
  fc.constantFrom<string | number | boolean | null | object>('v', 9, 10, true, null, [1], { b: 1, a: 2 }),
  { maxKeys: 3, noNullPrototype: true },
);
const result = fc.constantFrom('SUCCESS', 'FAILURE');

const order = fc.record(
  {
    id: id('ord', 4),
    status: fc.constantFrom('CREATED', 'PROCESSING', 'PAID', 'FULFILLED', 'CANCELED'),
    amount: fc.option(fc.constantFrom(900, 1000, 10_000)),
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
    redemption: fc.constantFrom(null, 'r_0', 'r_parent'),
    amount,
    date: anInstant,
    gift: fc.record({ amount }),
    loyalty_card: fc.record({ points: amount }),
    voucher: typed,
    order: fc.record({ id: id('ord', 2) }),
  },
  { requiredKeys: ['id', 'result'] },
);
const rollback = fc.record(
  {
    id: id('rr'),
    redemption: id('r'),
    result,
    amount: amount.map((n) => 0 - n),
    gift: fc.record({ amount: amount.map((n) => 0 - n) }),
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
const address = fc.dictionary(fc.constantFrom('city', 'country'), text, { maxKeys: 2, noNullPrototype: true });
const profile = fc.record(
  {
    name: text,
    email: text,
    address: fc.option(address, { freq: 2 }),
    metadata: fc.option(keyed, { freq: 2 }),
    created: fc.boolean(),
    created_at: anInstant,
    alias: fc.constant('my-1'),
  },
  { requiredKeys: ['created'] },
);
/** Referrers, the customer itself by another name among them; each source id always resolves to the same id. */
const referrer = fc.constantFrom(
  { referrer: { id: 'cust_0' } },
  { referrer: { id: 'cust_1' } },
  { referrer: { id: 'my-1' } },
  { referrer: { id: 'cust_0' }, referrer_source_id: 'bob' },
  { referrer: { id: 'cust_2' }, referrer_source_id: 'eve' },
  { referrer: { id: 'cust_x' }, referrer_source_id: 'ada' },
);
const referral = fc
  .record(
    {
      who: referrer,
      campaign,
      redemption: fc.record({ id: id('r', 2) }),
      custom_event: fc.record({ id: id('evt', 2) }),
      date: anInstant,
    },
    { requiredKeys: ['who', 'campaign'] },
  )
  .map(({ who, ...said }) => ({ ...who, ...said }));
/** Credits: a referee states one value for a name at each turn. */
const credit = fc
  .record({
    campaign_id: id('camp', 2),
    referee_id: id('cust'),
    turn: fc.integer({ min: 1, max: 4 }),
    by: fc.boolean(),
  })
  .map(({ campaign_id, by, turn, ...said }) => ({
    ...said,
    turn,
    campaign: { id: campaign_id, name: turn < 3 ? 'One' : 'Renamed' },
    given: turn % 2 === 1,
    ...(by ? { named_id: 'cust_x' } : { named_source_id: 'ada' }),
  }));

/** Kind of fact -> its inputs, without the customer. */
const facts: { readonly [Kind in FactKind]: fc.Arbitrary<object> } = {
  order,
  redemption,
  rollback,
  validation: fc.record({ id: id('valid'), valid: fc.boolean() }),
  publication: fc.record({ id: id('pub'), result, campaign, voucher: card }, { requiredKeys: ['id', 'result'] }),
  points,
  spending: spent,
  pending_points: fc.record({
    kind: fc.constantFrom('added', 'activated', 'canceled'),
    campaign,
    voucher: card,
    pending_points: fc.record({ id: id('ppt'), points: amount }, { requiredKeys: ['id'] }),
  }),
  card_availability: fc.record({ voucher: card, available: fc.boolean() }),
  tier: fc.record({ campaign, loyalty_tier: fc.option(fc.record({ id: id('ltr') })) }),
  gift_credits: fc.record({
    voucher: card,
    balance: fc.record({ amount }),
    transaction: fc.record({ id: id('gtx') }),
  }),
  referral,
  consents: fc.record({
    given: fc.boolean(),
    consents: fc.array(fc.record({ id: fc.constantFrom('unsubscribed', 'cnst_1', 'cnst_2') }), {
      minLength: 1,
      maxLength: 3,
    }),
  }),
  custom_event: fc.record({
    id: id('evt'),
    type: fc.constantFrom('visited', 'bought', '__proto__'),
    metadata: keyed,
  }),
};

const tellers = { ...facts, profile, mention: fc.constant({}), credit };

/** One input of each kind of fact, about a customer. */
export const anExample = (kind: FactKind, customer: Reference): FactOf<FactKind> =>
  ({ ...fc.sample(facts[kind], { numRuns: 1, seed: 1 })[0], customer }) as FactOf<FactKind>;

/** Names the customer by one of two names; a credit names it by the stream. */
function named(rule: RandomFact['rule'], input: object, source_id: string): object {
  if (rule === 'credit') return input;
  return rule === 'profile' ? { ...input, source_id } : { ...input, customer: { source_id } };
}

const aName = fc.constantFrom('ada', 'ada', 'ada-2');
const aSource = fc.constantFrom('/a', '/b', '/c');
const aSequence = optional(fc.constantFrom('1', '2', '9', '10'));

const factOf = (rule: RandomFact['rule']): fc.Arbitrary<RandomFact> =>
  fc
    .record({
      input: tellers[rule] as fc.Arbitrary<object>,
      at: anInstant,
      source: aSource,
      sequence: aSequence,
      aName,
    })
    .map(({ input, sequence, aName: name, ...told }) => ({
      ...told,
      rule,
      input: named(rule, input, name),
      ...(sequence !== undefined && { sequence }),
    }));

export const aFact: fc.Arbitrary<RandomFact> = fc
  .constantFrom(...(Object.keys(tellers) as RandomFact['rule'][]))
  .chain((rule) => factOf(rule));

export const aHistory = fc.array(aFact, { minLength: 1, maxLength: 30 });

/** Histories of few kinds of facts, so that they interact often. */
export const aHistoryOf = (...kinds: readonly RandomFact['rule'][]) =>
  fc.array(fc.constantFrom(...kinds).chain(factOf), { minLength: 1, maxLength: 40 });

export const anOrderHistory = aHistoryOf('order');

/** The history in another order, with some facts repeated under other ids. */
export const aRetelling = (history: readonly RandomFact[]): fc.Arbitrary<RandomFact[]> =>
  fc
    .tuple(fc.shuffledSubarray([...history], { minLength: history.length }), fc.subarray([...history]))
    .chain(([all, again]) =>
      fc.shuffledSubarray([...all, ...again.map((told, n) => ({ ...told, id: `again-${n}` }))], {
        minLength: all.length + again.length,
      }),
    );

const isCommand = ({ rule }: RandomFact): boolean => rule === 'credit';

const provenances = new WeakMap<RandomFact, Provenance>();

export function provenanceOf(told: RandomFact): Provenance {
  const known = provenances.get(told) ?? provenance(told);
  provenances.set(told, known);
  return known;
}

function provenance(told: RandomFact): Provenance {
  const { rule, input, at, source, sequence, id } = told;
  if (isCommand(told)) return { at };
  const origin = factOrigin(
    { rule, input, at },
    { ...(source !== undefined && { source }), ...(sequence !== undefined && { sequence }) },
  );
  return { at, origin: { ...origin, id: id ?? origin.id } };
}

const rules = {
  ...record,
  ...{ profile: recordProfile, mention: recordMention, credit: creditReferral },
  // no history has them at random; a test may
  ...{ deleteCustomer, eraseCustomer },
};

/** The decision of a rule on a fact. */
export const decide = (state: CustomerState, told: RandomFact): Decided | Rejection =>
  (rules[told.rule] as Decide<object>)(state, told.input, provenanceOf(told));

/** The events and the state of a history. A refusal is a mistake of the test. */
export function told(history: readonly RandomFact[], from = customer.initial): Decided {
  let state = from;
  const events = history.flatMap((one) => {
    const decided = decide(state, one);
    if (decided instanceof Rejection) throw new Error(`${one.rule} was refused: ${decided.code}`);
    state = decided.state;
    return decided.events;
  });
  return { events, state };
}

/** The events of a history. */
export const eventsOf = (history: readonly RandomFact[]): readonly CustomerEvent[] => told(history).events;

/** The state after a history. */
export const tell = (history: readonly RandomFact[]): CustomerState => told(history).state;
