import { describe, expect, test } from '@jest/globals';
import * as controls from './controls.js';
import { customer, type CustomerEvent, type CustomerState } from './customer.js';
import { toDocument } from './document.js';
import { Rejection } from './fold.js';
import * as rules from './rules.js';

const { at, before, after } = controls;

/** Given events, when a rule is asked, then events, nothing, or a refusal; what was decided can be folded. */
function given(...events: readonly CustomerEvent[]) {
  const state = events.reduce(customer.evolve, customer.initial);
  return {
    when<Input>(rule: rules.Decide<Input>, input: Input, time = at) {
      const decided = rule(state, input, time);
      const next = decided instanceof Rejection ? state : decided.reduce(customer.evolve, state);
      return {
        types: decided instanceof Rejection ? decided.code : decided.map(({ type }) => type),
        shows: toDocument('cust_1', next) as never as Shown,
        and: given(...events, ...(decided instanceof Rejection ? [] : decided)),
      };
    },
    state,
  };
}

interface Shown {
  readonly [field: string]: unknown;
  readonly summary: {
    readonly orders: Record<string, unknown>;
    readonly redemptions: Record<string, unknown> & {
      gift: Record<string, number>;
      loyalty_card: Record<string, number>;
    };
  };
  readonly loyalty: { points: number; referred_customers: number; campaigns: Record<string, Record<string, unknown>> };
}

const created: CustomerEvent = {
  type: 'CustomerCreated',
  occurred_at: before,
  data: { source_id: 'ada', created_at: before },
};
const erased: CustomerEvent = { type: 'CustomerErased', occurred_at: at, data: {} };

describe('any fact', () => {
  const facts = [
    ['recordOrder', controls.order],
    ['recordRedemption', controls.redemption],
    ['recordRollback', controls.rollback],
    ['recordValidation', controls.validation],
    ['recordLoyaltyPoints', controls.points],
    ['recordLoyaltyPoints', controls.spent],
    ['recordPendingPoints', controls.pending],
    ['recordCardAvailability', controls.availability],
    ['recordTier', controls.tier],
    ['recordGiftCredits', controls.gift],
    ['recordReferral', controls.referral],
    ['recordConsents', controls.consents],
    ['recordCustomEvent', controls.customEvent],
  ] as const;
  const rule = (name: keyof typeof rules): rules.Decide<unknown> => rules[name] as rules.Decide<unknown>;

  test.each(facts)('%s is recorded once and then known', (name, fact) => {
    const first = given(created).when(rule(name), fact);
    expect(first.types).toHaveLength(1);
    expect(first.and.when(rule(name), fact).types).toEqual([]);
  });

  test.each(facts)('%s creates an unknown customer by source id, never by id', (name, fact) => {
    expect(given().when(rule(name), fact).types[0]).toBe('CustomerCreated');
    expect(given().when(rule(name), { ...fact, customer: { id: 'cust_1' } }).types).toBe('not_found');
  });

  test.each(facts)('%s is refused for a customer who is gone', (name, fact) => {
    expect(given(created, erased).when(rule(name), fact).types).toBe('not_found');
  });

  test('that is earlier than an implicit beginning moves the beginning', () => {
    const known = given().when(rules.recordOrder, controls.order).and;
    const late = known.when(rules.recordValidation, controls.validation, before);
    expect(late.types).toEqual(['CustomerBackdated', 'ValidationRecorded']);
    expect(late.shows['created_at']).toBe(before);
    expect(
      given(created).when(rules.recordValidation, controls.validation, '2020-01-01T00:00:00.000Z').shows['created_at'],
    ).toBe(before);
  });
});

describe('the profile', () => {
  test('shows each key exactly when the contract says so', () => {
    expect(given().when(rules.createCustomer, {}).shows).toEqual({
      id: 'cust_1',
      address: null,
      summary: expect.any(Object),
      loyalty: { points: 0, referred_customers: 0, campaigns: {} },
      system_metadata: {},
      referrals: { total: 0, campaigns: [] },
      created_at: at,
      object: 'customer',
    });
  });

  test('merges address and metadata by key, keeps nulls, unsets with null, empties as a whole', () => {
    const { and } = given(created).when(rules.updateCustomer, {
      name: 'Ada',
      address: { city: 'London', state: null },
      metadata: { a: 1, b: null },
    });
    const merged = and.when(
      rules.updateCustomer,
      { name: null, address: { country: 'UK' }, metadata: { a: 2 } },
      after,
    );
    expect(merged.shows).toMatchObject({
      address: { city: 'London', state: null, country: 'UK' },
      metadata: { a: 2, b: null },
      updated_at: after,
    });
    expect(merged.shows).not.toHaveProperty('name');
    const emptied = merged.and.when(
      rules.updateCustomer,
      { address: null, metadata: null },
      '2024-06-01T00:00:00.000Z',
    ).shows;
    expect(emptied['address']).toBeNull();
    expect(emptied).not.toHaveProperty('metadata');
  });

  test('keeps its source id and takes prototype names for data', () => {
    const odd = given(created).when(rules.updateCustomer, {
      source_id: 'other',
      metadata: JSON.parse('{"__proto__":1,"constructor":2}') as object as never,
    });
    expect(odd.shows['source_id']).toBe('ada');
    expect(JSON.stringify(odd.shows['metadata'])).toBe('{"__proto__":1,"constructor":2}');
  });

  test('an update without content is nothing, of an unknown customer not found', () => {
    expect(given(created).when(rules.updateCustomer, {}).types).toEqual([]);
    expect(given().when(rules.updateCustomer, { name: 'x' }).types).toBe('not_found');
    expect(given().when(rules.changeConsents, { cnst: true }).types).toBe('not_found');
  });

  test('an explicit creation beats an implicit one, the earliest explicit one wins', () => {
    const implicit = given().when(rules.recordOrder, controls.order).and;
    const explicit = implicit.when(rules.recordProfile, { ...controls.profile, created_at: after }, after);
    expect(explicit.shows['created_at']).toBe(after);
    expect(
      explicit.and.when(rules.recordProfile, { ...controls.profile, created_at: before }, after).shows['created_at'],
    ).toBe(before);
  });

  test('a migration may create under its own id, an update may not', () => {
    const own = { ...controls.profile, id: 'cust_1' };
    expect(given().when(rules.recordProfile, own).types).toEqual(['CustomerCreated']);
    expect(given().when(rules.recordProfile, { ...own, created: false }).types).toBe('not_found');
  });
});

describe('orders', () => {
  const order = (more: Partial<typeof controls.order>) => ({ ...controls.order, ...more });

  test('count when paid or fulfilled, leave when canceled, and the last one is looked for again', () => {
    const two = given(created)
      .when(rules.recordOrder, order({ id: 'a', amount: 100, created_at: before }))
      .and.when(rules.recordOrder, order({ id: 'b', amount: 300 }));
    expect(two.shows.summary.orders).toEqual({
      total_amount: 400,
      total_count: 2,
      average_amount: 200,
      last_order_amount: 300,
      last_order_date: at,
    });
    const one = two.and.when(rules.recordOrder, order({ id: 'b', status: 'CANCELED' }), after);
    expect(one.types).toEqual(['OrderChanged']);
    expect(one.shows.summary.orders).toEqual({
      total_amount: 100,
      total_count: 1,
      average_amount: 100,
      last_order_amount: 100,
      last_order_date: before,
    });
    const none = one.and.when(rules.recordOrder, order({ id: 'a', status: 'CANCELED' }), after);
    expect(none.shows.summary.orders).toEqual({
      total_amount: 0,
      total_count: 0,
      average_amount: 0,
      last_order_amount: 0,
    });
  });

  test('the average skips what has no amount: five orders, three amounts', () => {
    const amounts = [50_000, 48_800, null, 50_000, null];
    const all = amounts.reduce(
      (so, amount, n) =>
        so.when(rules.recordOrder, order({ id: `o${n}`, amount, created_at: `2021-04-0${n + 1}T00:00:00.000Z` })).and,
      given(created),
    );
    expect((toDocument('x', all.state) as never as Shown).summary.orders).toMatchObject({
      total_amount: 148_800,
      total_count: 5,
      average_amount: 49_600,
      last_order_amount: 0,
    });
  });

  test('a fulfilment that comes before the creation stands; at one time the status further on wins', () => {
    const fulfilled = given(created).when(rules.recordOrder, order({ status: 'FULFILLED' }), after);
    expect(
      fulfilled.and.when(rules.recordOrder, order({ status: 'CREATED' }), before).shows.summary.orders['total_count'],
    ).toBe(1);
    const paid = given(created).when(rules.recordOrder, order({ status: 'PAID' })).and;
    expect(paid.when(rules.recordOrder, order({ status: 'CREATED' })).types).toEqual([]);
  });

  test('what would leave the exact integers is refused and changes nothing', () => {
    const huge = given(created).when(rules.recordOrder, order({ id: 'huge', amount: Number.MAX_SAFE_INTEGER })).and;
    expect(huge.when(rules.recordOrder, order({ id: 'more', amount: 1 })).types).toBe('invalid_amount');
  });
});

describe('redemptions', () => {
  test('a part counts its points, the attempt is counted on the parent', () => {
    const part = given(created).when(rules.recordRedemption, { ...controls.redemption, redemption: 'r_parent' });
    expect(part.shows.summary.redemptions).toMatchObject({ total_redeemed: 0, loyalty_card: { redeemed_points: 30 } });
    expect(
      part.and.when(rules.recordRedemption, { ...controls.redemption, id: 'r_parent', loyalty_card: { points: 0 } })
        .shows.summary.redemptions,
    ).toMatchObject({ total_redeemed: 1 });
  });

  test('a rollback before its redemption is counted at once and settled when the redemption comes', () => {
    const early = given(created).when(rules.recordRollback, controls.rollback);
    expect(early.shows.summary.redemptions).toMatchObject({
      total_redeemed: 0,
      total_rolled_back: 1,
      total_rollback_succeeded: 1,
    });
    expect(early.and.when(rules.recordRedemption, controls.redemption).shows.summary.redemptions).toMatchObject({
      total_redeemed: 1,
      total_succeeded: 1,
      loyalty_card: { redeemed_points: 0 },
    });
  });

  test('a rollback takes back its own amount, never more than was redeemed, and a failed one nothing', () => {
    const redeemed = given(created).when(rules.recordRedemption, { ...controls.redemption, gift: { amount: 500 } }).and;
    const back = (more: object) =>
      redeemed.when(rules.recordRollback, { ...controls.rollback, ...more }).shows.summary.redemptions;
    expect(back({ gift: { amount: -200 }, loyalty_card: { points: -10 } })).toMatchObject({
      gift: { redeemed_amount: 300 },
      loyalty_card: { redeemed_points: 20 },
    });
    expect(back({ gift: { amount: -900 } })).toMatchObject({ gift: { redeemed_amount: 0 } });
    expect(back({ result: 'FAILURE' })).toMatchObject({ gift: { redeemed_amount: 500 }, total_rollback_failed: 1 });
  });

  test('points spent and the redemption that spent them are one spending, whichever comes first', () => {
    const said = { ...controls.spent, redemption: { id: 'r_1' } };
    const spent = given(created).when(rules.recordLoyaltyPoints, said);
    expect(spent.shows.summary.redemptions.loyalty_card['redeemed_points']).toBe(20);
    expect(
      spent.and.when(rules.recordRedemption, controls.redemption).shows.summary.redemptions.loyalty_card[
        'redeemed_points'
      ],
    ).toBe(30);
  });
});

describe('loyalty', () => {
  test('two ledgers: points are not lowered by spending, points to go are, and a disabled card counts only in the first', () => {
    const { and, shows } = given(created)
      .when(rules.recordLoyaltyPoints, controls.points)
      .and.when(rules.recordLoyaltyPoints, controls.spent);
    expect(shows.loyalty).toEqual({
      points: 100,
      referred_customers: 0,
      campaigns: { Points: { points: 100, referred_customers: 0 } },
    });
    expect(shows.summary.redemptions.loyalty_card).toEqual({ redeemed_points: 20, points_to_go: 80 });
    const disabled = and.when(rules.recordCardAvailability, controls.availability).shows;
    expect([disabled.loyalty.points, disabled.summary.redemptions.loyalty_card['points_to_go']]).toEqual([100, 0]);
  });

  test('expiry takes away, adjustment goes both ways, a transfer has two sides', () => {
    const moved = (more: object, id = 'vtx_2') =>
      given(created)
        .when(rules.recordLoyaltyPoints, controls.points)
        .and.when(rules.recordLoyaltyPoints, {
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
  });

  test('pending points count when they are activated, in any order, and never when canceled', () => {
    const activated = given(created).when(
      rules.recordPendingPoints,
      { ...controls.pending, kind: 'activated', pending_points: { id: 'ppt_1' } },
      after,
    );
    expect(activated.shows.loyalty.points).toBe(0);
    expect(activated.and.when(rules.recordPendingPoints, controls.pending).shows.loyalty.points).toBe(50);
    expect(
      given(created)
        .when(rules.recordPendingPoints, controls.pending)
        .and.when(rules.recordPendingPoints, { ...controls.pending, kind: 'canceled' }, after).shows.loyalty.points,
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
      .when(rules.recordLoyaltyPoints, controls.points, before)
      .and.when(rules.recordLoyaltyPoints, renamed)
      .and.when(rules.recordLoyaltyPoints, twin);
    expect(all.shows.loyalty.campaigns).toEqual({ Stars: { points: 300, referred_customers: 0 } });
    const tier = given(created).when(rules.recordTier, controls.tier);
    expect(tier.shows.loyalty.campaigns).toEqual({
      Points: { points: 0, referred_customers: 0, loyalty_tier: 'ltr_gold' },
    });
    expect(
      tier.and.when(rules.recordTier, { ...controls.tier, loyalty_tier: null }, after).shows.loyalty.campaigns,
    ).toEqual({ Points: { points: 0, referred_customers: 0 } });
  });

  test('gift credits to go are what is left on each card, never below zero', () => {
    const charged = given(created).when(rules.recordGiftCredits, controls.gift).and;
    const used = charged.when(rules.recordRedemption, {
      ...controls.redemption,
      voucher: { id: 'v_gift' },
      gift: { amount: 1_500 },
    });
    expect(used.shows.summary.redemptions.gift).toEqual({ redeemed_amount: 1_500, amount_to_go: 3_500 });
    const overdrawn = given(created).when(rules.recordRedemption, {
      ...controls.redemption,
      voucher: { id: 'v_gift' },
      gift: { amount: 10 },
    });
    expect(overdrawn.shows.summary.redemptions.gift).toEqual({ redeemed_amount: 10, amount_to_go: 0 });
  });
});

describe('referrals', () => {
  const credit = { campaign: { id: 'camp_friends', name: 'Friends' }, referee_id: 'cust_referee' };

  test('the referee shows who brought them', () => {
    expect(given(created).when(rules.recordReferral, controls.referral).shows['referrals']).toEqual({
      total: 1,
      campaigns: [
        {
          campaign_id: 'camp_friends',
          referrer_id: 'cust_referrer',
          related_object_id: 'r_ref',
          related_object_type: 'redemption',
          date: at,
        },
      ],
    });
  });

  test('a credit may come before the referrer is known, and counts a referee once per campaign', () => {
    const early = given().when(rules.creditReferral, credit);
    expect(early.and.state.status).toBe('unknown');
    const known = early.and.when(rules.createCustomer, { name: 'Referrer' });
    expect(known.shows.loyalty).toMatchObject({
      referred_customers: 1,
      campaigns: { Friends: { points: 0, referred_customers: 1 } },
    });
    expect(known.and.when(rules.creditReferral, credit, after).shows.loyalty.referred_customers).toBe(1);
    expect(given(created, erased).when(rules.creditReferral, credit).types).toBe('not_found');
  });
});

describe('consents', () => {
  const consentsOf = (shown: Shown) =>
    (shown['system_metadata'] as { consents: Record<string, { value: boolean }> }).consents;

  test('unsubscribing denies what was given until then, for good; what is given afterwards stands', () => {
    const out = given(created)
      .when(rules.changeConsents, { cnst_1: true }, before)
      .and.when(rules.changeConsents, { unsubscribed: true });
    expect(consentsOf(out.shows)).toEqual({
      cnst_1: { date: at, value: false },
      unsubscribed: { date: at, value: true },
    });
    const back = out.and.when(rules.changeConsents, { unsubscribed: false, cnst_2: true }, after);
    expect(consentsOf(back.shows)).toMatchObject({
      cnst_1: { value: false },
      cnst_2: { value: true },
      unsubscribed: { value: false },
    });
  });
});

describe('deletion', () => {
  test('a deleted customer can still be erased, an erased one is not found', () => {
    const deleted = given(created).when(rules.deleteCustomer, undefined).and;
    expect(deleted.state).toEqual({ ...customer.initial, status: 'deleted' } satisfies CustomerState);
    expect(deleted.when(rules.deleteCustomer, undefined).types).toBe('not_found');
    const gone = deleted.when(rules.eraseCustomer, undefined);
    expect(gone.types).toEqual(['CustomerErased']);
    expect(gone.and.when(rules.eraseCustomer, undefined).types).toBe('not_found');
  });
});
