import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { canonical } from '#encoding';
import { LAST } from './instant.js';
import { type Meaning, merge, type Registers, type Statement, statementsOf, timeOf } from './register.js';
import type { Stamp } from './statement.js';

interface Fields {
  readonly m?: unknown;
  readonly n?: unknown;
}
type Said = readonly [value: unknown, stamp: Stamp];

const AT = '2024-05-01T10:00:00.000000005Z';
const from = (source: string, sequence?: string, at = AT): Stamp => ({
  at,
  source,
  ...(sequence !== undefined && { sequence }),
});
const command = (at = AT): Stamp => ({ at });

const settled = (all: readonly Said[], meaning?: Meaning): Registers<Fields> | undefined =>
  all.reduce<Registers<Fields> | undefined>(
    (known, [m, stamp]) => merge<Fields>(known, { m }, stamp, meaning),
    undefined,
  );
const shown = (all: readonly Said[], meaning?: Meaning): unknown => settled(all, meaning)?.values.m;

const permutations = <T>(all: readonly T[]): T[][] =>
  all.length === 0
    ? [[]]
    : all.flatMap((one, n) => permutations([...all.slice(0, n), ...all.slice(n + 1)]).map((rest) => [one, ...rest]));

/** Merges the statements in every order, and with each of them repeated. */
const always = (all: readonly Said[], meaning?: Meaning): unknown => {
  const values = permutations(all).flatMap((one) => [shown(one, meaning), shown([...one, ...all], meaning)]);
  expect(new Set(values.map((value) => canonical(value))).size).toBe(1);
  return values[0];
};

describe('one choice among statements', () => {
  test('R1: the later time counts, to the ninth digit', () => {
    expect(
      always([
        ['late', from('A', undefined, '2024-05-01T10:00:00.000000006Z')],
        ['zz', from('A')],
      ]),
    ).toBe('late');
  });

  test('R2: the circle A1 3, A2 1, B 2 is 2: A2 stands for A, and B is greater', () => {
    expect(
      always([
        [3, from('A', '1')],
        [1, from('A', '2')],
        [2, from('B')],
      ]),
    ).toBe(2);
  });

  test('R2: of one source 10 comes after 9, and a fact without a sequence before both', () => {
    expect(
      always([
        ['nine', from('A', '9')],
        ['a', from('A', '10')],
        ['z', from('A')],
      ]),
    ).toBe('a');
  });

  test('R2: one source, one sequence: the greater value', () => {
    expect(
      always([
        [900, from('A', '1')],
        [1000, from('A', '1')],
      ]),
    ).toBe(1000);
  });

  test('R2: a sequence of another source decides nothing', () => {
    expect(
      always([
        ['a', from('A', '7')],
        ['b', from('B', '1')],
      ]),
    ).toBe('b');
  });

  test('R3: null < false < true < numbers < texts < lists < objects', () => {
    const rising = [null, false, true, 5, '1', [], {}];
    rising.slice(1).forEach((value, n) =>
      expect(
        always([
          [value, from('A')],
          [rising[n], from('B')],
        ]),
      ).toEqual(value),
    );
  });

  test('R3: a command stands above facts, a withdrawal above the command', () => {
    const meaning: Meaning = { isWithdrawal: (_, value) => value === false };
    expect(
      always([
        ['command', command()],
        ['zz', from('B')],
      ]),
    ).toBe('command');
    expect(
      always(
        [
          [true, command()],
          [false, from('B')],
          [true, from('A')],
        ],
        meaning,
      ),
    ).toBe(false);
  });

  test('R8: of two commands of one time the later revision counts, at the last moment over facts too', () => {
    expect(
      shown([
        ['z', command()],
        ['a', command()],
      ]),
    ).toBe('a');
    expect(
      shown([
        ['zz', from('A', '1', LAST)],
        ['z', command(LAST)],
        ['a', command(LAST)],
      ]),
    ).toBe('a');
  });

  test('R2: a statement superseded within its source stays so after one of a third source', () => {
    expect(
      always([
        ['zz', from('A', '1')],
        ['a', from('A', '2')],
        ['b', from('B')],
        ['c', from('C', '3')],
      ]),
    ).toBe('c');
  });
});

describe('a register', () => {
  const aStamp = fc.record(
    {
      at: fc.constantFrom('2024-05-01T10:00:00.000000000Z', AT),
      source: fc.constantFrom('A', 'B'),
      sequence: fc.constantFrom('1', '9', '10'),
    },
    { requiredKeys: ['at', 'source'] },
  );
  const aValue = fc.constantFrom<unknown>(null, false, true, 9, 10, 'a', 'b', '\u{ffe5}', '\u{1f600}', [1], { a: 1 });
  const aStatement = fc.tuple(aValue, aStamp);
  const standing = (all: readonly Said[], meaning: Meaning): Statement[] => [
    ...statementsOf(settled(all, meaning) ?? { values: {}, stamps: [], by: {} }, 'm'),
  ];

  test.each<[string, Meaning]>([
    ['values', {}],
    ['withdrawals', { isWithdrawal: (_, value) => value === false }],
  ])('keeps the same for every order and any repetition: %s', (_, meaning) => {
    fc.assert(
      fc.property(fc.array(aStatement, { minLength: 1, maxLength: 5 }), (all) => {
        const expected = standing(all, meaning);
        for (const order of permutations(all)) expect(standing(order, meaning)).toEqual(expected);
        expect(standing([...all, ...all], meaning)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  test('shows the same for facts in any order around commands that come as revisions', () => {
    fc.assert(
      fc.property(
        fc.array(aStatement, { maxLength: 3 }),
        fc.array(aValue, { minLength: 1, maxLength: 2 }),
        (facts, said) => {
          const commands: Said[] = said.map((value, n) => [value, command(`2024-05-01T10:00:00.00000000${n + 5}Z`)]);
          const inTurn = permutations([...facts, ...commands]).filter(
            (all) => said.length < 2 || all.indexOf(commands[0]!) < all.indexOf(commands[1]!),
          );
          expect(new Set(inTurn.map((all) => canonical(shown(all)))).size).toBe(1);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('returns the same object when nothing changes, tells the time, and takes any name for a field', () => {
    const known = merge<Fields>(undefined, { m: 1, n: null }, from('A', '2'));
    expect(merge<Fields>(known, { m: 5 }, from('A', '1'))).toBe(known);
    expect(merge<Fields>(known, { m: undefined }, command())).toBe(known);
    expect(timeOf(known, 'n')).toBe(AT);
    expect(timeOf(known, '__proto__')).toBeUndefined();
    const odd = merge(undefined, JSON.parse('{"__proto__":1}') as object, command());
    expect(JSON.stringify(odd.values)).toBe('{"__proto__":1}');
  });

  test('is plain JSON, without stamps that no statement uses', () => {
    const both = merge<Fields>(undefined, { m: 1, n: 1 }, from('A'));
    const after = merge<Fields>(both, { m: 2, n: 2 }, from('B', undefined, '2024-05-02T10:00:00.000000000Z'));
    expect(after.stamps).toHaveLength(1);
    expect(JSON.parse(JSON.stringify(after))).toEqual(after);
  });
});
