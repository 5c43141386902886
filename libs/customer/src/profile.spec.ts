import { describe, expect, test } from '@jest/globals';
import * as controls from './controls.js';
import * as rules from './rules.js';
import { created, given } from './scenario.fixture.js';

const { after, at, before } = controls;

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

  test('an update without content leaves no event, of an unknown customer it is not found', () => {
    expect(given(created).when(rules.updateCustomer, {}).types).toEqual([]);
    expect(given().when(rules.updateCustomer, { name: 'x' }).types).toBe('not_found');
    expect(given().when(rules.changeConsents, { consents: { cnst: true } }).types).toBe('not_found');
  });

  test('an explicit creation beats an implicit one, the earliest explicit one wins', () => {
    const implicit = given().when(rules.record.order, controls.order).and;
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
