import { describe, expect, test } from '@jest/globals';
import { type Emptiable, empty, filled, isShown, overridden, visible } from './emptiable.js';
import { LAST } from './instant.js';
import type { Stamp } from './statement.js';

const AT = '2024-05-01T10:00:00.000000000Z';
const LATER = '2024-05-02T10:00:00.000000000Z';
const from = (source: string, sequence?: string, at = AT): Stamp => ({
  at,
  source,
  ...(sequence !== undefined && { sequence }),
});
type Said = readonly [said: object | null, stamp: Stamp, isReplaced?: boolean];
const told = (...all: readonly Said[]): Emptiable =>
  all.reduce((map, [said, stamp, isReplaced]) => filled(map, said, stamp, isReplaced), empty);
const shown = (...all: readonly Said[]) => Object.fromEntries(visible(told(...all)));
const both = (a: Said, b: Said) => {
  expect(shown(a, b)).toEqual(shown(b, a));
  return shown(a, b);
};

describe('a map that can be emptied', () => {
  test('R6: at one time a key, null included, is shown beside the emptying', () => {
    expect(both([null, from('A')], [{ city: null }, from('A')])).toEqual({ city: null });
    expect(both([null, from('B', '5')], [{ city: 'x' }, from('A', '1')])).toEqual({ city: 'x' });
  });

  test('R6: an emptying with a greater sequence of the same source takes the key', () => {
    expect(both([null, from('A', '10')], [{ city: 'x' }, from('A', '9')])).toEqual({});
    expect(both([null, from('A', '9')], [{ city: 'x' }, from('A', '10')])).toEqual({ city: 'x' });
  });

  test('the later one counts', () => {
    expect(both([null, from('A', undefined, LATER)], [{ city: 'x' }, from('A')])).toEqual({});
    expect(both([null, from('A')], [{ city: 'x' }, from('A', undefined, LATER)])).toEqual({ city: 'x' });
  });

  test('an emptying command wins over facts of its time, a replacing one shows its own keys', () => {
    expect(both([null, { at: AT }], [{ city: 'x' }, from('A')])).toEqual({});
    expect(shown([{ a: 1 }, from('A')], [{ city: 'x' }, { at: AT }, true])).toEqual({ city: 'x' });
  });

  test('at the last moment the later revision counts', () => {
    const last = { at: LAST };
    expect(shown([{ a: 1 }, last], [null, last])).toEqual({});
    expect(shown([null, last], [{ a: 1 }, last])).toEqual({ a: 1 });
  });

  test('a command comes after the latest emptying and statements on its keys, an emptying after all', () => {
    const map = told([{ a: 1 }, from('A', undefined, LATER)], [{ b: 1 }, from('A')], [null, from('A', '1', AT)]);
    expect(overridden(map, { a: 2 })).toBe(LATER);
    expect(overridden(map, { c: 2 })).toBe(AT);
    expect(overridden(map, null)).toBe(LATER);
    expect(overridden(empty, { a: 1 })).toBeUndefined();
  });

  test('recognizes a statement that changes nothing', () => {
    const map = told([{ a: { x: 1, y: 2 }, b: null }, from('A')]);
    expect(isShown(map, { a: { y: 2, x: 1 } })).toBe(true);
    expect(isShown(map, { b: null })).toBe(true);
    expect(isShown(map, { c: null })).toBe(false);
    expect(isShown(map, null)).toBe(false);
    expect(isShown(map, { a: { x: 1, y: 2 } }, true)).toBe(false);
    expect(isShown(empty, null)).toBe(true);
    expect(filled(map, undefined, from('B'))).toBe(map);
  });
});
