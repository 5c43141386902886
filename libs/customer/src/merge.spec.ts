import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { canonical, merge, type Registers } from './merge.js';

type Fields = Readonly<Record<string, unknown>>;
interface Statement {
  readonly said: Fields;
  readonly at: string;
}

const field = fc.constantFrom('a', 'b', '__proto__', 'constructor');
const value = fc.oneof(fc.integer({ min: -2, max: 12 }), fc.constant(null), fc.constantFrom('x', 'y'));
const statement: fc.Arbitrary<Statement> = fc.record({
  said: fc.dictionary(field, value, { maxKeys: 3, noNullPrototype: true }),
  at: fc.constantFrom('2024-01-01', '2024-01-02', '2024-01-03'),
});
const all = (statements: readonly Statement[]) =>
  statements.reduce<Registers<Fields> | undefined>((before, { said, at }) => merge(before, said, at), undefined);

describe('merging', () => {
  test('gives the same in any order', () => {
    const shuffled = fc
      .array(statement, { minLength: 1, maxLength: 6 })
      .chain((told) => fc.tuple(fc.constant(told), fc.shuffledSubarray(told, { minLength: told.length })));
    fc.assert(fc.property(shuffled, ([told, again]) => expect(canonical(all(again))).toBe(canonical(all(told)))));
  });

  test('returns the very same registers when all of it is known', () => {
    fc.assert(
      fc.property(fc.array(statement, { minLength: 1, maxLength: 6 }), (told) => {
        const merged = all(told);
        for (const { said, at } of told) expect(merge(merged, said, at)).toBe(merged);
      }),
    );
  });

  test('an absent field says nothing, null does', () => {
    const { values } = merge<Fields>(
      { values: { a: 1, b: 1 }, times: { a: '1', b: '1' } },
      { a: null, b: undefined },
      '2',
    );
    expect(values).toEqual({ a: null, b: 1 });
  });
});
