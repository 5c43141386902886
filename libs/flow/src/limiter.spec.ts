import { describe, expect, test } from '@jest/globals';
import { Limiter, LimitExceeded } from './limiter.js';

/** Work that ends on command; `begun` lists the names in the order in which they began. */
function works() {
  const begun: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const work = (name: string) => (): Promise<string> => {
    begun.push(name);
    return new Promise((resolve, reject) => ends.set(name, (error) => (error ? reject(error) : resolve(name))));
  };
  return { begun, work, end: (name: string, error?: Error) => ends.get(name)?.(error) };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('Limiter', () => {
  test('runs up to the limit at a time, the others in order of arrival', async () => {
    const limiter = new Limiter(2);
    const { begun, work, end } = works();
    const all = ['a', 'b', 'c', 'd'].map((name) => limiter.run(work(name)));
    await turn();
    expect(begun).toEqual(['a', 'b']);
    end('b');
    await turn();
    expect(begun).toEqual(['a', 'b', 'c']);
    end('a');
    await turn();
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
    for (const name of ['c', 'd']) end(name);
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd']);
  });

  test('a failure makes room as well', async () => {
    const limiter = new Limiter(1);
    const { work, end } = works();
    const failing = expect(limiter.run(work('a'))).rejects.toThrow('away');
    const waiting = limiter.run(work('b'));
    await turn();
    end('a', new Error('away'));
    await failing;
    await turn();
    end('b');
    await expect(waiting).resolves.toBe('b');
  });

  test('accepts no more work once running and waiting work weighs enough', async () => {
    const limiter = new Limiter(1, 10);
    const { begun, work, end } = works();
    const first = limiter.run(work('a'), 6);
    const second = limiter.run(work('b'), 4);
    await expect(limiter.run(work('c'), 1)).rejects.toThrow(LimitExceeded);
    await turn();
    end('a');
    await first;
    const third = limiter.run(work('d'), 6);
    await turn();
    for (const name of ['b', 'd']) {
      end(name);
      await turn();
    }
    await Promise.all([second, third]);
    expect(begun).toEqual(['a', 'b', 'd']);
  });

  test('accepts work of any weight when idle', async () => {
    await expect(new Limiter(1, 10).run(async () => 'done', 11)).resolves.toBe('done');
  });

  test('a released slot is free again', async () => {
    const limiter = new Limiter(1);
    const release = await limiter.acquire();
    const { begun, work, end } = works();
    const waiting = limiter.run(work('a'));
    await turn();
    expect(begun).toEqual([]);
    release();
    await turn();
    end('a');
    await expect(waiting).resolves.toBe('a');
  });

  test('is idle when nothing runs or waits', async () => {
    const limiter = new Limiter(1);
    await limiter.idle();
    const { work, end } = works();
    const all = [limiter.run(work('a')), limiter.run(work('b'))];
    let isIdle = false;
    const idle = limiter.idle().then(() => (isIdle = true));
    for (const name of ['a', 'b']) {
      await turn();
      expect(isIdle).toBe(false);
      end(name);
    }
    await idle;
    await Promise.all(all);
  });
});
