import { describe, expect, test } from '@jest/globals';
import * as controls from './controls.js';
import * as rules from './rules.js';
import { created, given } from './scenario.fixture.js';

const { after, at, before } = controls;

describe('orders', () => {
  const order = (more: Partial<typeof controls.order>) => ({ ...controls.order, ...more });

  test('count when paid or fulfilled, not when canceled; the last one is then searched again', () => {
    const two = given(created)
      .when(rules.record.order, order({ id: 'a', amount: 100, created_at: before }))
      .and.when(rules.record.order, order({ id: 'b', amount: 300 }));
    expect(two.shows.summary.orders).toEqual({
      total_amount: 400,
      total_count: 2,
      average_amount: 200,
      last_order_amount: 300,
      last_order_date: at,
    });
    const one = two.and.when(rules.record.order, order({ id: 'b', status: 'CANCELED' }), after);
    expect(one.types).toEqual(['OrderChanged']);
    expect(one.shows.summary.orders).toEqual({
      total_amount: 100,
      total_count: 1,
      average_amount: 100,
      last_order_amount: 100,
      last_order_date: before,
    });
    const none = one.and.when(rules.record.order, order({ id: 'a', status: 'CANCELED' }), after);
    expect(none.shows.summary.orders).toEqual({
      total_amount: 0,
      total_count: 0,
      average_amount: 0,
      last_order_amount: 0,
    });
  });

  test('the average skips orders without an amount: five orders, three amounts', () => {
    const amounts = [50_000, 48_800, null, 50_000, null];
    const all = amounts.reduce(
      (so, amount, n) =>
        so.when(rules.record.order, order({ id: `o${n}`, amount, created_at: `2021-04-0${n + 1}T00:00:00.000Z` })).and,
      given(created),
    );
    expect(all.shows.summary.orders).toMatchObject({
      total_amount: 148_800,
      total_count: 5,
      average_amount: 49_600,
      last_order_amount: 0,
    });
  });

  test('a fulfilment that arrives before the creation stands; at one time the further status wins', () => {
    const fulfilled = given(created).when(rules.record.order, order({ status: 'FULFILLED' }), after);
    expect(
      fulfilled.and.when(rules.record.order, order({ status: 'CREATED' }), before).shows.summary.orders['total_count'],
    ).toBe(1);
    const paid = given(created).when(rules.record.order, order({ status: 'PAID' })).and;
    const both = paid.when(rules.record.order, order({ status: 'CREATED' }));
    expect(both.shows).toEqual(paid.when(rules.updateCustomer, {}).shows);
    expect(both.and.when(rules.record.order, order({ status: 'CREATED' })).types).toEqual([]);
  });

  test('an amount beyond the exact integers is refused and changes nothing', () => {
    const huge = given(created).when(rules.record.order, order({ id: 'huge', amount: Number.MAX_SAFE_INTEGER })).and;
    expect(huge.when(rules.record.order, order({ id: 'more', amount: 1 })).types).toBe('invalid_amount');
  });
});
