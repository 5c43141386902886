import { expect, test } from '@jest/globals';
import { inPortions } from './portions.js';
import { countsByTurn } from './turns.fixture.js';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const seen: number[] = [];
const countsOf = (items: readonly number[]): Promise<number[]> =>
  countsByTurn(async (note) => {
    for await (const portion of inPortions(items))
      for (const item of portion) {
        seen.push(item);
        note();
      }
  });

test('a short list is one portion, an empty one is none', async () => {
  expect(await countsOf(upTo(49))).toEqual([49]);
  expect(await countsOf([])).toEqual([]);
});

test('a long list is handed out whole and in order, each portion in a turn of its own', async () => {
  seen.length = 0;
  expect(await countsOf(upTo(130))).toEqual([50, 50, 30]);
  expect(seen).toEqual(upTo(130));
});

test('a list that is left early costs no more turns', async () => {
  const portions = [];
  for await (const portion of inPortions(upTo(200))) {
    portions.push(portion);
    if (portions.length === 2) break;
  }
  expect(portions).toEqual([upTo(50), upTo(100).slice(50)]);
});
