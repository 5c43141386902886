import { expect, test } from '@jest/globals';
import { factTypes, parseFact } from '#contract';
import { historyOf } from './history.js';

const history = historyOf({ customers: 300, seed: 1, from_ms: Date.parse('2024-01-01T00:00:00Z') });

test('the ledger accepts every fact', () => {
  expect(history.facts.map(parseFact).filter((fact) => 'error' in fact)).toEqual([]);
});

test('every type of fact occurs', () => {
  expect([...new Set(history.facts.map(({ type }) => type))].toSorted()).toEqual([...factTypes].toSorted());
});

test('about one fact in ten is an exact duplicate', () => {
  const texts = new Map(history.facts.map((fact) => [`${fact.source} ${fact.id}`, JSON.stringify(fact)]));
  const share = history.facts.length / texts.size - 1;
  expect(share).toBeGreaterThan(0.07);
  expect(share).toBeLessThan(0.13);
  expect(history.facts.every((fact) => texts.get(`${fact.source} ${fact.id}`) === JSON.stringify(fact))).toBe(true);
});

test('the same seed gives the same customers, another seed others', () => {
  const made = (seed: number) => historyOf({ customers: 5, seed, from_ms: 0 });
  expect(made(7)).toEqual(made(7));
  expect(made(7)).not.toEqual(made(8));
});
