import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { Entities, joint } from './entities.js';

const validation = (n: number) => ({ values: { valid: n % 2 === 0 }, stamps: [{ at: String(n) }], by: { valid: 0 } });

describe('entities', () => {
  test('behave like a map, and earlier values stay unchanged', () => {
    const sets = fc.array(fc.tuple(fc.oneof(fc.string(), fc.nat(2_000).map(String)), fc.nat()), { maxLength: 300 });
    fc.assert(
      fc.property(sets, (changes) => {
        const model = new Map<string, object>();
        let entities = Entities.none;
        for (const [id, n] of changes) {
          const [before, known] = [entities, model.get(id)];
          entities = entities.set('validation', id, validation(n));
          model.set(id, validation(n));
          expect(before.get('validation', id)).toEqual(known);
        }
        expect(entities.size).toBe(model.size);
        expect(new Map(entities.ofKind('validation'))).toEqual(model);
        expect([...entities.ofKind('order')]).toEqual([]);
      }),
    );
  });

  test('hold many whose ids collide', () => {
    const ids = ['costarring', 'liquid', 'declinate', 'macallums', 'altarage', 'zinke'];
    const all = ids.reduce((entities, id, n) => entities.set('validation', id, validation(n)), Entities.none);
    ids.forEach((id, n) => expect(all.get('validation', id)).toEqual(validation(n)));
  });

  test('a joint id is never mistaken for another', () => {
    expect(joint('a/b', 'c')).not.toBe(joint('a', 'b/c'));
    expect(joint('a","b')).not.toBe(joint('a', 'b'));
  });
});
