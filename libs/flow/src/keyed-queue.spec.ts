import { describe, expect, test } from '@jest/globals';
import { type Step, takeByKey } from './keyed-queue.js';
import { Limiter } from './limiter.js';

const keyOf = (item: string): string => item.charAt(0);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('takeByKey', () => {
  test('items of one key follow each other, keys run side by side', async () => {
    const log: string[] = [];
    await takeByKey(['a1', 'b1', 'a2', 'b2'], keyOf, new Limiter(8), async (item): Promise<Step> => {
      log.push(`+${item}`);
      await turn();
      log.push(`-${item}`);
      return 'next';
    });
    expect(log.slice(0, 2)).toEqual(['+a1', '+b1']);
    const logOf = (key: string): string[] => log.filter((line) => line.includes(key));
    expect([logOf('a'), logOf('b')]).toEqual([
      ['+a1', '-a1', '+a2', '-a2'],
      ['+b1', '-b1', '+b2', '-b2'],
    ]);
  });

  test('no more run at a time than the limiter lets', async () => {
    let [running, most] = [0, 0];
    const items = Array.from({ length: 20 }, (_, n) => `${String.fromCharCode(97 + n)}1`);
    await takeByKey(items, keyOf, new Limiter(3), async () => {
      most = Math.max(most, ++running);
      await turn();
      running -= 1;
      return 'next';
    });
    expect(most).toBe(3);
  });

  test('a key that stops does not hold up the others', async () => {
    const taken: string[] = [];
    await takeByKey(['a1', 'a2', 'b1', 'b2'], keyOf, new Limiter(1), async (item) => {
      taken.push(item);
      return item === 'a1' ? 'stop' : 'next';
    });
    expect(taken).toEqual(['a1', 'b1', 'b2']);
  });

  test('a failure ends its own key, and is thrown when the others have ended', async () => {
    const taken: string[] = [];
    const all = takeByKey(['a1', 'a2', 'b1', 'b2'], keyOf, new Limiter(8), async (item) => {
      taken.push(item);
      await turn();
      if (item === 'a1') throw new Error('away');
      return 'next';
    });
    await expect(all).rejects.toThrow('away');
    expect(taken).toEqual(['a1', 'b1', 'b2']);
  });
});
