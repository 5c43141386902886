import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isMet, type Logic, namesIn, parseLogic } from './logic.js';

const rule = fc.constantFrom('1', '2', '3', 'a-b').map((name): Logic => ({ kind: 'rule', name }));
const { logic } = fc.letrec<{ logic: Logic }>((tie) => ({
  logic: fc.oneof(
    { maxDepth: 4 },
    rule,
    tie('logic').map((of): Logic => ({ kind: 'not', of })),
    fc
      .tuple(fc.constantFrom('and' as const, 'or' as const), fc.array(tie('logic'), { minLength: 2, maxLength: 3 }))
      .map(([kind, of]): Logic => ({ kind, of })),
  ),
}));

/** Fully bracketed. */
const written = (one: Logic): string => {
  if (one.kind === 'rule') return one.name;
  return one.kind === 'not'
    ? `not (${written(one.of)})`
    : `(${one.of.map(written).join(` ${one.kind.toUpperCase()} `)})`;
};

test('a printed logic parses back to the same logic', () => {
  fc.assert(
    fc.property(logic, fc.func(fc.boolean()), (one, says) => {
      const read = parseLogic(written(one));
      if (typeof read === 'string') throw new Error(read);
      const holds = (name: string): boolean => says(name);
      expect(isMet(read, holds)).toBe(isMet(one, holds));
      expect(new Set(namesIn(read))).toEqual(new Set(namesIn(one)));
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ['1 or 2 and 3', [true, false, false], true],
  ['(1 or 2) and 3', [true, false, false], false],
  ['not 1 and 2', [false, true, false], true],
  ['not (1 and 2)', [true, true, false], false],
  ['1 AND NOT 2', [true, false, false], true],
] as const)('%s', (text, held, truth) => {
  const read = parseLogic(text);
  if (typeof read === 'string') throw new Error(read);
  expect(isMet(read, (name) => held[Number(name) - 1] === true)).toBe(truth);
});

test.each([
  '',
  '1 and',
  'and 1',
  '(1',
  '1)',
  '1 2',
  'not',
  '1 & 2',
  '()',
  `${'('.repeat(500)}1${')'.repeat(500)}`,
  `1${' or 1'.repeat(1_000)}`,
])('is refused: %s', (text) => expect(typeof parseLogic(text)).toBe('string'));

test('no text makes the parser throw', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[()12andornt ]*$/)), (text) => void parseLogic(text)),
    { numRuns: 5_000 },
  );
});
