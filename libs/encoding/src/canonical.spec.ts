import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonical } from './canonical.js';

describe('canonical', () => {
  test.each([
    [
      'keys by UTF-16 code units',
      { '\u20ac': 1, '\r': 2, '\ufb33': 3, 1: 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7 },
      '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}',
    ],
    ['digits are text as well', { 10: 1, 9: 2, a: 3 }, '{"10":1,"9":2,"a":3}'],
    [
      'numbers',
      [333333333.33333329, 1e30, 4.5, 2e-3, 1e-27, -0, 1e21],
      '[333333333.3333333,1e+30,4.5,0.002,1e-27,0,1e+21]',
    ],
    ['texts', '\u20ac$\u000f\nA\'B"\\\\"/\u007f', '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/\u007f"'],
    ['half a character', '\ud800', '"\\ud800"'],
    ['__proto__ is a key', JSON.parse('{"b":1,"__proto__":{"a":2}}'), '{"__proto__":{"a":2},"b":1}'],
    ['undefined as in JSON.stringify', { a: undefined, b: [undefined] }, '{"b":[null]}'],
    ['nothing', [null, {}, []], '[null,{},[]]'],
  ])('%s', (_what, value, text) => {
    expect(canonical(value)).toBe(text);
  });

  test.each([NaN, Infinity, 1n, () => 1, Symbol('a'), new Date(0)])('%p is not JSON', (value) => {
    expect(() => canonical({ a: [value] })).toThrow(TypeError);
  });

  test('one text per value, which is read back as that value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const read: unknown = JSON.parse(canonical(value));
        expect(JSON.stringify(read).length).toBe(JSON.stringify(value).length);
        expect(canonical(read)).toBe(canonical(value));
        expect(read).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('the order in which keys were written does not matter', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.string({ unit: 'binary' }), fc.jsonValue()), { selector: ([key]) => key }),
        (members) => {
          expect(canonical(Object.fromEntries(members.toReversed()))).toBe(canonical(Object.fromEntries(members)));
        },
      ),
    );
  });
});
