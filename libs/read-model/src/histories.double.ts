import fc from 'fast-check';
import * as rules from '#customer';
import { Log } from './log.double.js';

export const at = (ms: number): string => rules.nine(new Date(Date.UTC(2026, 0, 1) + ms).toISOString());

const ids = ['a', 'b', 'c'].map((id) => `cust_${id}`);
const time = fc.integer({ min: 0, max: 50 }).map(at);
const amount = fc.integer({ min: 0, max: 5 });
const entity = fc.constantFrom('1', '2', '3', '4', '5');
const campaign = fc.constantFrom({ id: 'camp_1', name: 'One' }, { name: 'Two' });
const card = fc.constantFrom({ id: 'card_1', type: 'LOYALTY_CARD' }, { id: 'card_2', type: 'GIFT_VOUCHER' });
const who = { customer: { source_id: 'ada' } };

/** One event in the life of a customer. */
type Happening = (log: Log, id: string, time: string) => void;
const happens = <Input>(rule: rules.Decide<Input>, input: fc.Arbitrary<Input>): fc.Arbitrary<Happening> =>
  input.map((one) => (log: Log, id: string, occurred_at: string) => void log.decide(id, rule, one, occurred_at));

const order = fc.record({
  id: entity,
  status: fc.constantFrom('CREATED' as const, 'PAID' as const, 'FULFILLED' as const, 'CANCELED' as const),
  amount: fc.option(amount, { nil: null }),
  created_at: time,
  source_id: fc.constantFrom('s1', 's2'),
  customer: fc.constant(who.customer),
});
const redemption = fc.record({
  id: entity,
  result: fc.constantFrom('SUCCESS' as const, 'FAILURE' as const),
  gift: amount.map((credits) => ({ amount: credits })),
  voucher: fc
    .tuple(card, fc.constantFrom('One', 'Two'))
    .map(([one, name]) => ({ ...one, code: `C-${one.id}`, campaign: name })),
  order: entity.map((id) => ({ id })),
  customer: fc.constant(who.customer),
});
const points = fc.record({
  kind: fc.constantFrom('earned' as const, 'expired' as const, 'adjusted' as const),
  campaign,
  voucher: card,
  balance: amount.map((count) => ({ points: count })),
  transaction: entity.map((id) => ({ id })),
  customer: fc.constant(who.customer),
});
const profile = fc.record({
  name: fc.constantFrom('Ada', 'Bob'),
  email: fc.constantFrom('a@x.org', 'B@x.org'),
  address: fc.constantFrom({ city: 'Rome' }, null),
});

const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 48, arbitrary: happens(rules.record.order, order) },
  { weight: 18, arbitrary: happens(rules.record.redemption, redemption) },
  {
    weight: 12,
    arbitrary: happens(
      rules.record.rollback,
      redemption.map((one) => ({ ...one, id: `rr_${one.id}`, redemption: one.id })),
    ),
  },
  { weight: 18, arbitrary: happens(rules.record.points, points) },
  {
    weight: 12,
    arbitrary: happens(
      rules.record.tier,
      fc.record({ campaign, loyalty_tier: fc.constantFrom({ id: 'gold' }, null), customer: fc.constant(who.customer) }),
    ),
  },
  { weight: 12, arbitrary: happens(rules.creditReferral, fc.record({ campaign, referee_id: entity })) },
  {
    weight: 12,
    arbitrary: happens(
      rules.changeConsents,
      fc.constantFrom({ consents: { news: true } }, { consents: { news: false, mail: true }, wordings: { mail: 2 } }),
    ),
  },
  { weight: 18, arbitrary: happens(rules.updateCustomer, profile) },
  {
    weight: 1,
    arbitrary: happens(rules.createCustomer, fc.constantFrom({ source_id: 's1' }, { source_id: 's2', name: 'Eve' })),
  },
  {
    weight: 8,
    arbitrary: fc
      .record({ id: fc.constantFrom('seg_1', 'seg_2'), is_member: fc.boolean() })
      .map(({ id, is_member }) => (log: Log, customer: string, occurred_at: string) => {
        const judgement = { segment: { id, name: id }, is_member, at: occurred_at };
        log.take(customer, (state) => rules.recordMemberships(state, [judgement]));
      }),
  },
  { weight: 1, arbitrary: happens(rules.deleteCustomer, fc.constant(undefined)) },
  { weight: 1, arbitrary: happens(rules.eraseCustomer, fc.constant(undefined)) },
);

/** Logs of a few customers with random events, in any order. */
export const histories: fc.Arbitrary<Log> = fc
  .array(fc.tuple(fc.constantFrom(...ids), happening, time), { minLength: 1, maxLength: 60 })
  .map((all) => {
    const log = new Log();
    for (const [id, happen, occurred_at] of all) happen(log, id, occurred_at);
    return log;
  });
