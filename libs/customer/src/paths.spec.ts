import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { differences, leaves } from './paths.js';

describe('paths', () => {
  it('names every leaf by its JSON Pointer', () => {
    expect([...leaves({ a: { 'b/c': 1, 'd~': [true, null] }, e: {}, f: [] })]).toEqual([
      ['/a/b~1c', 1],
      ['/a/d~0/0', true],
      ['/a/d~0/1', null],
      ['/e', {}],
      ['/f', []],
    ]);
  });

  it('finds the differences and nothing else', () => {
    expect(differences({ a: 1, b: { c: 2 }, g: {} }, { a: 1, b: { c: 3 }, d: null, g: [] })).toEqual([
      { path: '/b/c', from: 2, to: 3 },
      { path: '/g', from: {}, to: [] },
      { path: '/d', to: null },
    ]);
    expect(differences(undefined, { a: 1 })).toEqual([{ path: '/a', to: 1 }]);
  });

  it('finds nothing between a document and itself, and something between any two that are not equal', () => {
    const json = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(json, json, (a, b) => {
        expect(differences(a, structuredClone(a))).toEqual([]);
        if (JSON.stringify(a) !== JSON.stringify(b)) {
          const isSame = (() => {
            try {
              expect(a).toEqual(b);
              return true;
            } catch {
              return false;
            }
          })();
          if (!isSame) expect(differences(a, b)).not.toEqual([]);
        }
      }),
    );
  });
});
