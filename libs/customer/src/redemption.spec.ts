import { describe, expect, test } from '@jest/globals';
import * as controls from './controls.js';
import { isUsed } from './redemption.js';
import * as rules from './rules.js';
import { created, given } from './scenario.fixture.js';

describe('redemptions', () => {
  test('a part counts its points, the attempt is counted on the parent', () => {
    const part = given(created).when(rules.record.redemption, { ...controls.redemption, redemption: 'r_parent' });
    expect(part.shows.summary.redemptions).toMatchObject({ total_redeemed: 0, loyalty_card: { redeemed_points: 30 } });
    expect(
      part.and.when(rules.record.redemption, { ...controls.redemption, id: 'r_parent', loyalty_card: { points: 0 } })
        .shows.summary.redemptions,
    ).toMatchObject({ total_redeemed: 1 });
  });

  test('no redemption is a part of itself', () => {
    const own = given(created).when(rules.record.redemption, { ...controls.redemption, redemption: 'r_1' });
    expect(own.shows.summary.redemptions).toMatchObject({ total_redeemed: 1 });
  });

  test('a rollback before its redemption counts at once, and takes back once the redemption comes', () => {
    const early = given(created).when(rules.record.rollback, controls.rollback);
    expect(early.shows.summary.redemptions).toMatchObject({
      total_redeemed: 0,
      total_rolled_back: 1,
      total_rollback_succeeded: 1,
    });
    expect(early.and.when(rules.record.redemption, controls.redemption).shows.summary.redemptions).toMatchObject({
      total_redeemed: 1,
      total_succeeded: 1,
      loyalty_card: { redeemed_points: 0 },
    });
  });

  test('a rollback takes back its own amount, never more than was redeemed, and a failed one nothing', () => {
    const redeemed = given(created).when(rules.record.redemption, {
      ...controls.redemption,
      gift: { amount: 500 },
    }).and;
    const back = (more: object) =>
      redeemed.when(rules.record.rollback, { ...controls.rollback, ...more }).shows.summary.redemptions;
    expect(back({ gift: { amount: -200 }, loyalty_card: { points: -10 } })).toMatchObject({
      gift: { redeemed_amount: 300 },
      loyalty_card: { redeemed_points: 20 },
    });
    expect(back({ gift: { amount: -900 } })).toMatchObject({ gift: { redeemed_amount: 0 } });
    expect(back({ result: 'FAILURE' })).toMatchObject({ gift: { redeemed_amount: 500 }, total_rollback_failed: 1 });
  });

  test('points spent and the redemption that spent them are one spending, whichever comes first', () => {
    const said = { ...controls.spent, redemption: { id: 'r_1' } };
    const spent = given(created).when(rules.record.spending, said);
    expect(spent.shows.summary.redemptions.loyalty_card['redeemed_points']).toBe(20);
    expect(
      spent.and.when(rules.record.redemption, controls.redemption).shows.summary.redemptions.loyalty_card[
        'redeemed_points'
      ],
    ).toBe(30);
  });

  test('T21: a redemption is used until all of it is rolled back', () => {
    const redeemed = given(created).when(rules.record.redemption, {
      ...controls.redemption,
      gift: { amount: 6000 },
    }).and;
    const back = (amount: number, points: number) =>
      redeemed.when(rules.record.rollback, { ...controls.rollback, gift: { amount }, loyalty_card: { points } }).and;
    const isStillUsed = ({ state }: ReturnType<typeof given>) => isUsed(state.entities.get('redemption', 'r_1')!);
    expect(isStillUsed(redeemed)).toBe(true);
    expect(isStillUsed(back(-1000, -30))).toBe(true);
    expect(isStillUsed(back(-6000, -10))).toBe(true);
    expect(isStillUsed(back(-6000, -30))).toBe(false);
  });
});
