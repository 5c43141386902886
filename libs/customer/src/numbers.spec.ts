import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { customer } from './customer.js';
import { toDocument } from './document.js';
import { joint } from './entities.js';
import { Rejection } from './fold.js';
import { aHistory, anOrderHistory, decide, tell, type Told } from './history.fixture.js';
import { naiveLoyalty, naiveOrders, naivePublications, naiveRedemptions } from './naive.fixture.js';
import type { Shown } from './scenario.fixture.js';

const told = (history: readonly Told[]) => toDocument('cust_x', tell(history)) as Shown;
const RUNS = { numRuns: 300 };

describe('every figure equals a naive computation from the facts', () => {
  test('of orders', () => {
    fc.assert(
      fc.property(anOrderHistory, (history) => {
        expect(told(history).summary.orders).toEqual(naiveOrders(history));
      }),
      RUNS,
    );
  });

  test('of redemptions, credits and points to go', () => {
    fc.assert(
      fc.property(aHistory, (history) => {
        expect(told(history).summary.redemptions).toEqual({ ...naiveRedemptions(history) });
      }),
      RUNS,
    );
  });

  test('of loyalty: points, referred customers and tiers by campaign', () => {
    fc.assert(
      fc.property(aHistory, (history) => {
        expect(told(history).loyalty).toEqual(naiveLoyalty(history));
      }),
      RUNS,
    );
  });
});

test('what was published is what naive reading of the facts finds', () => {
  fc.assert(
    fc.property(aHistory, (history) => {
      expect(tell(history).head.publications).toEqual(naivePublications(history));
    }),
    RUNS,
  );
});

describe('the laws', () => {
  test('attempts and rollbacks add up, campaigns add up', () => {
    fc.assert(
      fc.property(aHistory, (history) => {
        const { summary, loyalty } = told(history);
        const { redemptions: r } = summary as { redemptions: Readonly<Record<string, unknown>> };
        expect(r['total_redeemed']).toBe(Number(r['total_succeeded']) + Number(r['total_failed']));
        expect(r['total_rolled_back']).toBe(Number(r['total_rollback_succeeded']) + Number(r['total_rollback_failed']));
        const campaigns = Object.values(loyalty.campaigns);
        expect(loyalty.points).toBe(campaigns.reduce((sum, { points }) => sum + Number(points), 0));
      }),
      RUNS,
    );
  });
});

const MAX = Number.MAX_SAFE_INTEGER;
const huge = fc.oneof(fc.constantFrom(MAX, MAX - 1, 2 ** 52), fc.nat(9));
const signed = fc.tuple(huge, fc.boolean()).map(([amount, isTaken]) => (isTaken ? 0 - amount : amount));
const at = fc.nat(9).map((n) => `2024-05-01T10:00:00.00${n}Z`);
const card = { id: 'card' };

const extremes = fc.array(
  fc.oneof(
    fc.record({
      rule: fc.constant('recordOrder' as const),
      input: fc.record({ id: fc.constantFrom('a', 'b', 'c'), status: fc.constant('PAID'), amount: huge }),
      at,
    }),
    fc.record({
      rule: fc.constant('recordLoyaltyPoints' as const),
      input: fc.record({
        kind: fc.constant('adjusted'),
        campaign: fc.constant({ id: 'camp' }),
        voucher: fc.constant(card),
        balance: fc.record({ points: signed }),
        transaction: fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd') }),
      }),
      at,
    }),
    fc.record({
      rule: fc.constant('recordRedemption' as const),
      input: fc.record({
        id: fc.constantFrom('a', 'b'),
        result: fc.constant('SUCCESS'),
        voucher: fc.constant(card),
        gift: fc.record({ amount: huge }),
        loyalty_card: fc.record({ points: huge }),
      }),
      at,
    }),
    fc.record({
      rule: fc.constant('recordRollback' as const),
      input: fc.record({
        id: fc.constantFrom('a', 'b'),
        redemption: fc.constantFrom('a', 'b'),
        result: fc.constant('SUCCESS'),
        gift: fc.record({ amount: signed }),
      }),
      at,
    }),
    fc.record({
      rule: fc.constant('recordGiftCredits' as const),
      input: fc.record({
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
  test('no number leaves them: what would take one out is refused, and what was accepted adds up exactly', () => {
    fc.assert(
      fc.property(extremes, (facts) => {
        let state = customer.initial;
        const adjusted = new Map<string, { at: string; points: number }>();
        for (const fact of facts) {
          const decided = decide(state, fact);
          if (decided instanceof Rejection) expect(decided.code).toBe('invalid_amount');
          else {
            state = decided.reduce(customer.evolve, state);
            if (fact.rule === 'recordLoyaltyPoints' && decided.length > 0) {
              const { transaction, balance } = fact.input as {
                transaction: { id: string };
                balance: { points: number };
              };
              const { points } = state.entities.get('points', joint(transaction.id, card.id))?.values ?? {};
              adjusted.set(transaction.id, { at: fact.at, points: points ?? balance.points });
            }
          }
          const numbers = numbersOf([toDocument('cust_x', state), state.head]);
          expect(numbers.filter((number) => !Number.isSafeInteger(number))).toEqual([]);
        }
        const exact = [...adjusted.values()].reduce((sum, { points }) => sum + BigInt(points), 0n);
        expect(BigInt((toDocument('cust_x', state) as Shown).loyalty.points)).toBe(exact);
      }),
      { numRuns: 1_000 },
    );
  });

  test('a correction is exact also where what remains without the old amount is not, or else refused', () => {
    const adjust = (id: string, points: number, time = '2024-05-01T10:00:00.000Z'): Told => ({
      rule: 'recordLoyaltyPoints',
      input: { kind: 'adjusted', campaign: { id: 'camp' }, voucher: card, balance: { points }, transaction: { id } },
      at: time,
    });
    const state = tell([adjust('a', -4), adjust('b', MAX), adjust('c', 4)]);
    expect(decide(state, adjust('a', -5, '2024-05-02T10:00:00.000Z'))).toEqual(new Rejection('invalid_amount'));
    expect(decide(state, adjust('b', 1, '2024-05-02T10:00:00.000Z'))).toHaveLength(1);
  });
});
