import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { blank, customer, type CustomerEvent } from '#customer';
import { attributeNamed, attributeNames, slicesOf, valueAt } from './attribute.js';
import { subjectOf } from './subject.js';

const at = fc.integer({ min: 0, max: 9 }).map((day) => `2026-05-0${day === 0 ? 9 : day}T10:00:00.000Z`);
const id = fc.constantFrom('1', '2');
const some = fc.constantFrom(5, 70);
const of = (type: string, data: fc.Arbitrary<object>): fc.Arbitrary<CustomerEvent> =>
  fc.record({ type: fc.constant(type), occurred_at: at, data }) as fc.Arbitrary<unknown> as fc.Arbitrary<CustomerEvent>;
const campaign = fc.constant({ name: 'Tiers 2' });
const events = fc.oneof(
  of(
    'CustomerUpdated',
    fc.record({
      name: fc.constantFrom('A', 'B'),
      source_id: id,
      email: fc.constantFrom('a@b.test', null),
      phone: fc.constantFrom('1', null),
      description: fc.constantFrom('x', null),
      birthdate: fc.constantFrom('1990-05-06', null),
      birthday: fc.constantFrom('1990-05-07', null),
      metadata: fc.constantFrom({ x: 1 }, { x: 2 }),
      address: fc.constantFrom({ city: 'Rome' }, null),
    }),
  ),
  of('OrderPlaced', fc.record({ id, status: fc.constantFrom('PAID', 'CANCELED'), amount: some, created_at: at })),
  of(
    'RedemptionRecorded',
    fc.record({
      id,
      result: fc.constantFrom('SUCCESS', 'FAILURE'),
      voucher: fc.constant({ id: 'card' }),
      gift: some.map((amount) => ({ amount })),
    }),
  ),
  of(
    'RedemptionRecorded',
    fc.record({
      id,
      result: fc.constant('SUCCESS'),
      voucher: fc.constant({ id: 'points' }),
      loyalty_card: some.map((points) => ({ points })),
    }),
  ),
  of('RedemptionRolledBack', fc.record({ id, redemption: id, result: fc.constantFrom('SUCCESS', 'FAILURE') })),
  of(
    'GiftCreditsChanged',
    fc.record({
      voucher: fc.constant({ id: 'card' }),
      amount: some,
      transaction: id.map((one) => ({ id: one })),
      balance: some.map((amount) => ({ amount })),
    }),
  ),
  of(
    'LoyaltyPointsChanged',
    fc.record({
      kind: fc.constant('earned'),
      campaign,
      voucher: fc.constant({ id: 'points' }),
      points: some,
      transaction_id: id,
    }),
  ),
  of('LoyaltyTierChanged', fc.record({ campaign, loyalty_tier: fc.constantFrom({ id: 'gold' }, null) })),
  of('ReferralCredited', fc.record({ campaign, referee_id: id })),
  of('ConsentChanged', fc.record({ consents: fc.constantFrom({ mail: true }, { mail: false }) })),
  of(
    'PublicationRecorded',
    fc.record({ id, result: fc.constantFrom('SUCCESS', 'FAILURE'), campaign: id.map((one) => ({ id: one })) }),
  ),
  of('CustomEventRecorded', fc.record({ id, type: fc.constant('visited') })),
);

/** A name for each pattern. */
const OPEN = [
  'metadata.x',
  'address.city',
  'loyalty_points.campaigns.Tiers 2.points',
  'loyalty_tier.campaigns.Tiers 2',
  'system_metadata.consents.mail.value',
  'system_metadata.consents.mail.date',
  'events.visited.count',
  'events.visited.last_at',
];
const ATTRIBUTES = [...attributeNames.fixed, ...OPEN];

test('every pattern of names has an attribute here', () => {
  expect(attributeNames.patterns.filter((pattern) => !OPEN.some((name) => pattern.test(name)))).toEqual([]);
});

test('a value does not change while its slices are identical', () => {
  const changed = new Set<string>();
  fc.assert(
    fc.property(fc.array(events, { maxLength: 25 }), (history) => {
      let state = blank;
      for (const event of history) {
        const after = customer.evolve(state, event);
        const [one, other] = [subjectOf('c', state.head), subjectOf('c', after.head)];
        for (const name of ATTRIBUTES) {
          const path = attributeNamed(name)?.path ?? ['document', 'id'];
          if (JSON.stringify(valueAt(one, path)) === JSON.stringify(valueAt(other, path))) continue;
          changed.add(name);
          expect([name, slicesOf(path).some((slice) => state.head[slice] !== after.head[slice])]).toEqual([name, true]);
        }
        state = after;
      }
    }),
    { numRuns: 500 },
  );
  expect(ATTRIBUTES.filter((name) => !changed.has(name))).toEqual(['id', 'referrals.total']);
});
