import { describe, expect, test } from '@jest/globals';
import * as controls from './controls.js';
import { blank, type CustomerState, type FactKind } from './customer.js';
import { anExample } from './history.fixture.js';
import { nine } from './instant.js';
import * as rules from './rules.js';
import { created, erased, given, type Shown } from './scenario.fixture.js';

const { after, at, before } = controls;

describe('any fact', () => {
  const kinds = Object.keys(rules.record) as FactKind[];
  const ruleOf = (kind: FactKind): rules.Decide<object> => rules.record[kind] as rules.Decide<object>;
  const ada = (kind: FactKind) => anExample(kind, { source_id: 'ada' });

  test.each(kinds)('%s is recorded once, and a repetition is ignored', (kind) => {
    const first = given(created).when(ruleOf(kind), ada(kind));
    expect(first.types).toHaveLength(1);
    expect(first.and.when(ruleOf(kind), ada(kind)).types).toEqual([]);
  });

  test.each(kinds)('%s creates an unknown customer by source id, never by id', (kind) => {
    expect(given().when(ruleOf(kind), ada(kind)).types[0]).toBe('CustomerCreated');
    expect(given().when(ruleOf(kind), anExample(kind, { id: 'cust_1' })).types).toBe('not_found');
  });

  test.each(kinds)(
    '%s is refused for a customer who is gone: as told of the former one, or later as unknown',
    (kind) => {
      const gone = given(created, erased);
      expect(gone.when(ruleOf(kind), ada(kind)).types).toBe('customer_deleted');
      expect(gone.when(ruleOf(kind), ada(kind), after).types).toBe('not_found');
    },
  );

  test('earlier than an implicit beginning moves the beginning', () => {
    const known = given().when(rules.record.order, controls.order).and;
    const late = known.when(rules.record.validation, controls.validation, before);
    expect(late.types).toEqual(['ValidationRecorded']);
    expect(late.shows['created_at']).toBe(before);
    expect(
      given(created).when(rules.record.validation, controls.validation, '2020-01-01T00:00:00.000Z').shows['created_at'],
    ).toBe(before);
  });
});

describe('referrals', () => {
  const credit = { campaign: { id: 'camp_friends', name: 'Friends' }, referee_id: 'cust_referee' };

  test('the referee shows the referrer', () => {
    expect(given(created).when(rules.record.referral, controls.referral).shows['referrals']).toEqual({
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

  test('a credit may come before the referrer exists, and counts a referee once per campaign', () => {
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

  test('unsubscribing denies earlier consents for good; later ones stand', () => {
    const out = given(created)
      .when(rules.changeConsents, { consents: { cnst_1: true } }, before)
      .and.when(rules.changeConsents, { consents: { unsubscribed: true } });
    expect(consentsOf(out.shows)).toEqual({
      cnst_1: { date: at, value: false },
      unsubscribed: { date: at, value: true },
    });
    const back = out.and.when(rules.changeConsents, { consents: { unsubscribed: false, cnst_2: true } }, after);
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
    expect(deleted.state).toEqual({ ...blank, status: 'deleted', gone_at: nine(at) } satisfies CustomerState);
    expect(deleted.when(rules.deleteCustomer, undefined).types).toBe('not_found');
    const gone = deleted.when(rules.eraseCustomer, undefined);
    expect(gone.types).toEqual(['CustomerErased']);
    expect(gone.and.when(rules.eraseCustomer, undefined).types).toBe('not_found');
  });
});

describe('a row of a bulk update or an import', () => {
  const row = { source_id: 'row', name: 'Ada', metadata: { a: 1 }, address: { city: 'Turin' } };

  test.each(['upsertCustomer', 'importCustomer'] as const)('%s says nothing when it comes again', (name) => {
    const first = given().when(rules[name], row);
    expect(first.types).toEqual(['CustomerCreated']);
    expect(first.and.when(rules[name], row).types).toEqual([]);
    const second = given(created).when(rules[name], row);
    expect(second.types.length).toBeGreaterThan(0);
    expect(second.and.when(rules[name], row).types).toEqual([]);
  });

  test('an import unsets absent fields, a bulk update keeps them', () => {
    const known = given().when(rules.createCustomer, { ...row, phone: '1', metadata: { a: 1, b: 2 } }, before).and;
    const less = { name: 'Bea', metadata: { c: 3 } };
    expect(known.when(rules.upsertCustomer, less).shows).toMatchObject({ phone: '1', metadata: { a: 1, b: 2, c: 3 } });
    const imported = known.when(rules.importCustomer, less).shows;
    expect(imported).toMatchObject({ name: 'Bea', address: null });
    expect(imported['metadata']).toEqual({ c: 3 });
    expect(imported).not.toHaveProperty('phone');
  });

  test('a deleted or erased customer does not come back', () => {
    for (const rule of [rules.upsertCustomer, rules.importCustomer])
      expect(given(created, erased).when(rule, row).types).toBe('not_found');
  });
});
