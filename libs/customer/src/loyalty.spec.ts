import { describe, expect, test } from '@jest/globals';
import * as controls from './controls.js';
import * as rules from './rules.js';
import { created, given } from './scenario.fixture.js';

const { after, before } = controls;

describe('loyalty', () => {
  test('two ledgers: points are not lowered by spending, points to go are, and a disabled card counts only in the first', () => {
    const { and, shows } = given(created)
      .when(rules.record.points, controls.points)
      .and.when(rules.record.spending, controls.spent);
    expect(shows.loyalty).toEqual({
      points: 100,
      referred_customers: 0,
      campaigns: { Points: { points: 100, referred_customers: 0 } },
    });
    expect(shows.summary.redemptions.loyalty_card).toEqual({ redeemed_points: 20, points_to_go: 80 });
    const disabled = and.when(rules.record.card_availability, controls.availability).shows;
    expect([disabled.loyalty.points, disabled.summary.redemptions.loyalty_card['points_to_go']]).toEqual([100, 0]);
  });

  test('expiry subtracts, adjustment goes both ways, a transfer has two sides', () => {
    const moved = (more: object, id = 'vtx_2') =>
      given(created)
        .when(rules.record.points, controls.points)
        .and.when(rules.record.points, {
          ...controls.points,
          ...more,
          transaction: { id },
        }).shows.loyalty.points;
    expect(moved({ kind: 'expired', balance: { points: 30 } })).toBe(70);
    expect(moved({ kind: 'adjusted', balance: { points: -130 } })).toBe(-30);
    const sides = {
      kind: 'transferred',
      source_voucher: { id: 'v_card' },
      destination_voucher: { id: 'v_other' },
      balance: { points: 40 },
    };
    expect(moved(sides)).toBe(60);
    expect(moved({ ...sides, voucher: { id: 'v_other' } })).toBe(140);
    expect(moved({ ...sides, voucher: { id: 'v_third' } })).toBe(100);
    expect(moved({ ...sides, destination_voucher: { id: 'v_card' } })).toBe(100);
  });

  test('pending points count when they are activated, in any order, and never when canceled', () => {
    const activated = given(created).when(
      rules.record.pending_points,
      { ...controls.pending, kind: 'activated', pending_points: { id: 'ppt_1' } },
      after,
    );
    expect(activated.shows.loyalty.points).toBe(0);
    expect(activated.and.when(rules.record.pending_points, controls.pending).shows.loyalty.points).toBe(50);
    expect(
      given(created)
        .when(rules.record.pending_points, controls.pending)
        .and.when(rules.record.pending_points, { ...controls.pending, kind: 'canceled' }, after).shows.loyalty.points,
    ).toBe(0);
  });

  test('campaigns are shown by their latest name and added up under one name; tiers come and go', () => {
    const renamed = {
      ...controls.points,
      campaign: { id: 'camp_points', name: 'Stars' },
      transaction: { id: 'vtx_2' },
    };
    const twin = { ...controls.points, campaign: { id: 'camp_twin', name: 'Stars' }, transaction: { id: 'vtx_3' } };
    const all = given(created)
      .when(rules.record.points, controls.points, before)
      .and.when(rules.record.points, renamed)
      .and.when(rules.record.points, twin);
    expect(all.shows.loyalty.campaigns).toEqual({ Stars: { points: 300, referred_customers: 0 } });
    const tier = given(created).when(rules.record.tier, controls.tier);
    expect(tier.shows.loyalty.campaigns).toEqual({
      Points: { points: 0, referred_customers: 0, loyalty_tier: 'ltr_gold' },
    });
    expect(
      tier.and.when(rules.record.tier, { ...controls.tier, loyalty_tier: null }, after).shows.loyalty.campaigns,
    ).toEqual({ Points: { points: 0, referred_customers: 0 } });
  });

  test('gift credits to go are the balances of the cards, never below zero', () => {
    const charged = given(created).when(rules.record.gift_credits, controls.gift).and;
    const used = charged.when(rules.record.redemption, {
      ...controls.redemption,
      voucher: { id: 'v_gift' },
      gift: { amount: 1_500 },
    });
    expect(used.shows.summary.redemptions.gift).toEqual({ redeemed_amount: 1_500, amount_to_go: 3_500 });
    const overdrawn = given(created).when(rules.record.redemption, {
      ...controls.redemption,
      voucher: { id: 'v_gift' },
      gift: { amount: 10 },
    });
    expect(overdrawn.shows.summary.redemptions.gift).toEqual({ redeemed_amount: 10, amount_to_go: 0 });
  });
});
