import { describe, expect, test } from '@jest/globals';
import { sideBySide } from './side-by-side.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('sideBySide', () => {
  test('takes every item once, up to the limit at a time', async () => {
    let [running, most] = [0, 0];
    const taken: number[] = [];
    await sideBySide([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
      most = Math.max(most, ++running);
      await turn();
      taken.push(item);
      running -= 1;
    });
    expect([most, taken.toSorted()]).toEqual([3, [1, 2, 3, 4, 5, 6, 7]]);
  });

  test('asks a source for an item only when it can be taken', async () => {
    let asked = 0;
    async function* source(): AsyncGenerator<number> {
      for (; asked < 9; asked++) yield asked;
    }
    await sideBySide(source(), 2, async (item) => {
      expect(asked - item).toBeLessThan(3);
      await turn();
    });
    expect(asked).toBe(9);
  });

  test('after a failure begins nothing, awaits the items under way, closes the source and throws', async () => {
    const log: string[] = [];
    function* source(): Generator<string> {
      try {
        yield* ['a', 'b', 'c', 'd'];
      } finally {
        log.push('closed');
      }
    }
    const all = sideBySide(source(), 2, async (item) => {
      log.push(`+${item}`);
      await turn();
      if (item === 'a') throw new Error('away');
      for (let turns = 0; turns < 3; turns++) await turn();
      log.push(`-${item}`);
    });
    await expect(all).rejects.toThrow('away');
    expect(log).toEqual(['+a', '+b', '-b', 'closed']);
  });

  test('throws the error of the source', async () => {
    async function* source(): AsyncGenerator<string> {
      yield 'a';
      throw new Error('cannot be read');
    }
    await expect(sideBySide(source(), 2, turn)).rejects.toThrow('cannot be read');
  });
});
