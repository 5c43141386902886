import { describe, expect, test } from '@jest/globals';
import type { EventStore } from '#event-store';
import type { ReadModel } from '#read-model';
import type { Config } from '../config.js';
import { Freshness } from './freshness.js';

const HEAD = 10n;

function freshness(read_consistency: 'own' | 'store', head: () => Promise<bigint> = () => Promise.resolve(HEAD)) {
  const fresh = new Freshness({ read_consistency } as Config, { head } as EventStore, {} as ReadModel);
  fresh.advance(5n);
  return fresh;
}

describe.each(['own', 'store'] as const)('a position that is asked for (%s)', (consistency) => {
  test('beyond the end of the history is refused at once, whatever the time limit', async () => {
    const waiting = freshness(consistency).reached('key', HEAD + 1n, 60_000);
    await expect(waiting).rejects.toMatchObject({ code: 400, key: 'invalid_query_params' });
  });

  test('is waited for until the read model shows it, or the time is up', async () => {
    const fresh = freshness(consistency);
    expect(await fresh.reached('key', 8n, 1)).toBe(false);
    const waiting = fresh.reached('key', 8n, 60_000);
    fresh.advance(HEAD);
    expect(await waiting).toBe(true);
  });

  test('is not refused while the store does not answer', async () => {
    expect(await freshness(consistency, () => new Promise(() => undefined)).reached('key', 99n, 1)).toBe(false);
  });
});

test('reads wait once for the history up to the start', async () => {
  const fresh = freshness('own');
  expect([fresh.isCaughtUp, await fresh.caughtUp(1)]).toEqual([true, true]);
  fresh.startAt(HEAD);
  expect([fresh.isCaughtUp, await fresh.caughtUp(1)]).toEqual([false, false]);
  const waiting = fresh.caughtUp(60_000);
  fresh.advance(HEAD);
  expect([await waiting, await fresh.caughtUp(1)]).toEqual([true, true]);
});

test('a read without a position waits for the writes of its own key only', async () => {
  const fresh = freshness('own');
  expect(fresh.reached('reader', undefined, 1)).toBe(true);
  expect(fresh.reached('reader', 5n, 1)).toBe(true);
  fresh.wrote('writer', 7n);
  expect(await fresh.reached('writer', undefined, 1)).toBe(false);
  expect(await fresh.reached('writer', 3n, 1)).toBe(false);
});
