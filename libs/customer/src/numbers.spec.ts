import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { canonical } from '#encoding';
import { customer, type CustomerState } from './customer.js';
import { toDocument } from './document.js';
import { joint } from './entities.js';
import { Rejection } from './fold.js';
import { aHistory, aHistoryOf, anOrderHistory, decide, tell, type RandomFact } from './history.fixture.js';
import {
  naiveConsents,
  naiveLoyalty,
  naiveOrders,
  naiveProfile,
  naivePublications,
  naiveRedemptions,
  naiveReferrals,
} from './naive.fixture.js';
import { holds, runs } from './runs.fixture.js';
import type { Shown } from './scenario.fixture.js';

const shows = (history: readonly RandomFact[]) => toDocument('cust_x', tell(history)) as Shown;

describe('everything that is shown equals a naive computation from the facts', () => {
  const equal = (
    name: string,
    histories: fc.Arbitrary<RandomFact[]>,
    shown: (document: Shown, state: CustomerState) => unknown,
    naive: (history: readonly RandomFact[]) => unknown,
  ) =>
    test(name, () => {
      const property = fc.property(histories, (history) => {
        const state = tell(history);
        expect(shown(toDocument('cust_x', state) as Shown, state)).toEqual(naive(history));
      });
      holds(`naive ${name}`, property, runs(300));
    });

  const PROFILE = ['source_id', 'name', 'email', 'address', 'metadata', 'created_at', 'updated_at'];
  const ofProfile = (document: Shown) =>
    Object.fromEntries(PROFILE.flatMap((field) => (field in document ? [[field, document[field]]] : [])));
  const redeeming = aHistoryOf('redemption', 'rollback', 'points', 'spending', 'gift_credits');
  const referring = aHistoryOf('referral', 'referral', 'profile');

  equal('profiles and dates', aHistory, ofProfile, naiveProfile);
  equal('profiles alone', aHistoryOf('profile', 'mention'), ofProfile, naiveProfile);
  equal('consents', aHistoryOf('consents'), (document) => document['system_metadata'], naiveConsents);
  equal('dates of consents', aHistoryOf('consents'), ofProfile, naiveProfile);
  equal('orders', anOrderHistory, ({ summary }) => summary.orders, naiveOrders);
  equal('redemptions', redeeming, ({ summary }) => summary.redemptions, naiveRedemptions);
  equal('cards', aHistory, ({ summary }) => summary.redemptions, naiveRedemptions);
  equal('loyalty', aHistory, ({ loyalty }) => loyalty, naiveLoyalty);
  equal('tiers', aHistoryOf('tier', 'credit'), ({ loyalty }) => loyalty, naiveLoyalty);
  equal(
    'referrals',
    referring,
    ({ referrals }) => inAnyOrder(referrals),
    (all) => inAnyOrder(naiveReferrals(all, 'cust_x')),
  );
  equal('publications', aHistory, (_, { head }) => head.publications, naivePublications);
});

const inAnyOrder = (referrals: unknown): unknown => {
  const { total, campaigns } = referrals as { total: number; campaigns: object[] };
  return { total, campaigns: campaigns.map((one) => canonical(one)).sort() };
};

describe('the laws', () => {
  test('attempts and rollbacks add up, campaigns add up', () => {
    fc.assert(
      fc.property(aHistory, (history) => {
        const { summary, loyalty } = shows(history);
        const { redemptions: r } = summary as { redemptions: Readonly<Record<string, unknown>> };
        expect(r['total_redeemed']).toBe(Number(r['total_succeeded']) + Number(r['total_failed']));
        expect(r['total_rolled_back']).toBe(Number(r['total_rollback_succeeded']) + Number(r['total_rollback_failed']));
        const campaigns = Object.values(loyalty.campaigns);
        expect(loyalty.points).toBe(campaigns.reduce((sum, { points }) => sum + Number(points), 0));
      }),
      { numRuns: 300 },
    );
  });
});

const MAX = Number.MAX_SAFE_INTEGER;
const huge = fc.oneof(fc.constantFrom(MAX, MAX - 1, 2 ** 52), fc.nat(9));
const signed = fc.tuple(huge, fc.boolean()).map(([amount, isTaken]) => (isTaken ? 0 - amount : amount));
const at = fc.nat(9).map((n) => `2024-05-01T10:00:00.00${n}000000Z`);
const who = fc.constant({ source_id: 'ada' });
const card = { id: 'card' };

const extremes = fc.array(
  fc.oneof(
    fc.record({
      rule: fc.constant('order' as const),
      input: fc.record({
        customer: who,
        id: fc.constantFrom('a', 'b', 'c'),
        status: fc.constant('PAID'),
        amount: huge,
      }),
      at,
    }),
    fc.record({
      rule: fc.constant('points' as const),
      input: fc.record({
        customer: who,
        kind: fc.constant('adjusted'),
        campaign: fc.constant({ id: 'camp' }),
        voucher: fc.constant(card),
        balance: fc.record({ points: signed }),
        transaction: fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd') }),
      }),
      at,
    }),
    fc.record({
      rule: fc.constant('redemption' as const),
      input: fc.record({
        customer: who,
        id: fc.constantFrom('a', 'b'),
        result: fc.constant('SUCCESS'),
        voucher: fc.constant(card),
        gift: fc.record({ amount: huge }),
        loyalty_card: fc.record({ points: huge }),
      }),
      at,
    }),
    fc.record({
      rule: fc.constant('rollback' as const),
      input: fc.record({
        customer: who,
        id: fc.constantFrom('a', 'b'),
        redemption: fc.constantFrom('a', 'b'),
        result: fc.constant('SUCCESS'),
        gift: fc.record({ amount: signed }),
      }),
      at,
    }),
    fc.record({
      rule: fc.constant('gift_credits' as const),
      input: fc.record({
        customer: who,
        voucher: fc.constant(card),
        balance: fc.record({ amount: signed }),
        transaction: fc.record({ id: fc.constantFrom('a', 'b', 'c') }),
      }),
      at,
    }),
  ),
  { maxLength: 16 },
);

function numbersOf(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersOf) : [];
}

describe('exact integers', () => {
  test('are never left: a fact that would leave them is refused, and accepted facts add up exactly', () => {
    fc.assert(
      fc.property(extremes, (facts) => {
        let state = customer.initial;
        const adjusted = new Map<string, { at: string; points: number }>();
        for (const fact of facts) {
          const decided = decide(state, fact);
          if (decided instanceof Rejection) expect(decided.code).toBe('invalid_amount');
          else {
            ({ state } = decided);
            if (fact.rule === 'points' && decided.events.length > 0) {
              const { transaction, balance } = fact.input as {
                transaction: { id: string };
                balance: { points: number };
              };
              const { points } = state.entities.get('points', joint('adjusted', transaction.id, card.id))?.values ?? {};
              adjusted.set(transaction.id, { at: fact.at, points: points ?? balance.points });
            }
          }
          const cards = [...state.entities.ofKind('gift_card'), ...state.entities.ofKind('loyalty_card')];
          const numbers = numbersOf([toDocument('cust_x', state), state.head, cards]);
          expect(numbers.filter((number) => !Number.isSafeInteger(number))).toEqual([]);
        }
        const exact = [...adjusted.values()].reduce((sum, { points }) => sum + BigInt(points), 0n);
        expect(BigInt((toDocument('cust_x', state) as Shown).loyalty.points)).toBe(exact);
      }),
      { numRuns: 1_000 },
    );
  });

  test('a correction is exact even where the sum without the old amount is not, or else refused', () => {
    const adjust = (id: string, points: number, time = '2024-05-01T10:00:00.000000000Z'): RandomFact => ({
      rule: 'points',
      input: {
        customer: { source_id: 'ada' },
        kind: 'adjusted',
        campaign: { id: 'camp' },
        voucher: card,
        balance: { points },
        transaction: { id },
      },
      at: time,
    });
    const state = tell([adjust('a', -4), adjust('b', MAX), adjust('c', 4)]);
    expect(decide(state, adjust('a', -5, '2024-05-02T10:00:00.000000000Z'))).toEqual(new Rejection('invalid_amount'));
    expect(decide(state, adjust('b', 1, '2024-05-02T10:00:00.000000000Z'))).toHaveProperty('events.length', 1);
  });
});
