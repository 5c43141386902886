import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { newCustomerId, newId } from './ids.js';

const at = <T>(ms: number, make: () => T): T => {
  const { now } = Date;
  Date.now = () => ms;
  try {
    return make();
  } finally {
    Date.now = now;
  }
};

describe('ids', () => {
  test('have the form of the contract', () => {
    expect(newCustomerId()).toMatch(/^cust_[0-9A-Za-z]{24}$/);
    expect(newId('seg_')).toMatch(/^seg_[0-9A-Za-z]{24}$/);
  });

  test('sort by the time at which they were made', () => {
    const instant = fc.integer({ min: 0, max: 100_000_000_000_000 });
    fc.assert(
      fc.property(instant, instant, (one, other) => {
        const [a, b] = [at(one, newCustomerId), at(other, newCustomerId)];
        if (one !== other) expect(a < b).toBe(one < other);
      }),
    );
  });

  test('are different in the same millisecond, and do not follow from each other', () => {
    const ids = at(1_800_000_000_000, () => Array.from({ length: 20_000 }, newCustomerId));
    expect(new Set(ids.map((id) => id.slice(-8))).size).toBe(ids.length);
    for (let place = 13; place < 29; place++) expect(new Set(ids.map((id) => id[place])).size).toBe(62);
  });
});
