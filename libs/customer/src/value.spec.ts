import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { canonical } from '#encoding';
import { compareTexts } from './text.js';
import { compareValues, isSame } from './value.js';

describe('values', () => {
  test('an absent value is the same as itself and nothing else', () => {
    const others: unknown[] = [null, 'undefined', {}, []];
    expect([isSame(undefined, undefined), ...others.map((other) => isSame(undefined, other))]).toEqual([
      true,
      ...others.map(() => false),
    ]);
  });

  test('T7: 1000 is greater than 900, as numbers compare as numbers', () => {
    expect(compareValues(1000, 900)).toBeGreaterThan(0);
  });

  test('T10: texts compare by code point: U+1F600 is greater than U+FFE5', () => {
    expect(compareValues('\u{1f600}', '\u{ffe5}')).toBeGreaterThan(0);
    expect(compareTexts('a', 'ab')).toBeLessThan(0);
  });

  test('texts compare as their lists of code points do', () => {
    const points = (text: string) => [...text].map((one) => one.codePointAt(0) ?? 0);
    const naive = (a: number[], b: number[]): number => {
      const at = a.findIndex((one, n) => one !== b[n]);
      return at < 0 ? a.length - b.length : (a[at] ?? 0) - (b[at] ?? -1);
    };
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(Math.sign(compareTexts(a, b))).toBe(Math.sign(naive(points(a), points(b))));
      }),
    );
  });

  test('objects and lists compare by canonical JSON, so the order of keys says nothing', () => {
    expect(compareValues({ b: 1, a: 2 }, { a: 2, b: 1 })).toBe(0);
    expect(isSame({ b: [{ d: 1, c: 2 }] }, { b: [{ c: 2, d: 1 }] })).toBe(true);
    expect(canonical(JSON.parse('{"b":1,"__proto__":2}'))).toBe('{"__proto__":2,"b":1}');
    expect(compareValues({ a: 2 }, { a: 1 })).toBeGreaterThan(0);
    expect(compareValues({ 9: 1, 10: 2 }, { 9: 2, 10: 1 })).toBeGreaterThan(0);
  });
});
