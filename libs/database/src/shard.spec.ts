import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { overlapping, shardOf } from './shard.js';

const count = fc.integer({ min: 1, max: 64 });

test('every customer is in one shard, and after a change of their number in one that overlaps the old one', () =>
  fc.assert(
    fc.property(fc.string(), count, count, (id, before, after) => {
      const [old, is] = [shardOf(id, before), shardOf(id, after)];
      expect(old).toBeGreaterThanOrEqual(0);
      expect(old).toBeLessThan(before);
      expect(overlapping(is, after, before)).toContain(old);
    }),
    { numRuns: 2_000 },
  ));

test('customers spread evenly, also when their ids differ in the last digit only', () => {
  const sizes = new Array<number>(16).fill(0);
  for (let n = 0; n < 16_000; n++) sizes[shardOf(`cust_${n}`, 16)]! += 1;
  expect(Math.min(...sizes)).toBeGreaterThan(800);
  expect(Math.max(...sizes)).toBeLessThan(1_200);
});
