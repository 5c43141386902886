import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';

import type { EventStore, Position, RecordedEvent } from './event-store.js';
import { collect, ownSince, fill, followUntil, newEvent, newEvents, type Check } from './event-store.contract.tools.js';

async function followsCatchingUpAndLive(store: EventStore, run: string): Promise<void> {
  const begin = await store.head();
  await fill(store, `${run}f`, 120);
  const following = followUntil(store, begin, (events) => events.length >= 160, { prefixes: [run] });
  for (let count = 0; count < 37; count += 1) await store.append(`${run}f`, 'any', [newEvent()]);
  const { events, batches } = await following;
  expect(events).toEqual(await ownSince(store, begin, run));
  expect(batches.every((batch) => batch.events.length <= 7)).toBe(true);
}

async function followsFromAnywhere(store: EventStore, run: string): Promise<void> {
  const begin = await store.head();
  await fill(store, `${run}f`, 90);
  const all = await ownSince(store, begin, run);
  for (let round = 0; round < 12; round += 1) {
    const at = Math.floor(Math.random() * (all.length - 1));
    const wanted = all.slice(at + 1);
    const { events } = await followUntil(store, all[at]?.position, (seen) => seen.length >= wanted.length, {
      prefixes: [run],
    });
    expect(events).toEqual(wanted);
  }
}

/** Reads in small parts, each resuming at the position of the last batch of the part before. */
async function followsAfterInterruptions(store: EventStore, run: string): Promise<void> {
  let position: Position = await store.head();
  const begin = position;
  await fill(store, `${run}f`, 60);
  const all = await ownSince(store, begin, run);
  const seen: RecordedEvent[] = [];
  for (let round = 0; seen.length < all.length && round < 100; round += 1) {
    const { events, batches } = await followUntil(store, position, () => true, {
      batch_size_max: 1 + (round % 4),
      prefixes: [run],
    });
    if (batches.length === 0) break;
    seen.push(...events);
    position = batches.at(-1)?.position ?? position;
  }
  expect(seen).toEqual(all);
}

async function followsFiltered(store: EventStore, run: string): Promise<void> {
  const begin = await store.head();
  await fill(store, `${run}keep`, 30);
  await fill(store, `${run}drop`, 700);
  await fill(store, `${run}also`, 30);
  const head = await store.head();
  const all = await ownSince(store, begin, run);
  const own = (events: readonly RecordedEvent[]) => events.filter(({ stream }) => stream.startsWith(run));
  const atHead = (_: unknown, position: Position): boolean => position >= head;
  const byPrefix = await followUntil(store, begin, atHead, { prefixes: [`${run}keep`, `${run}als`] });
  expect(byPrefix.events).toEqual(all.filter(({ stream }) => !stream.startsWith(`${run}drop`)));
  const byType = await followUntil(store, begin, atHead, { types: ['Noise'] });
  expect(own(byType.events)).toEqual(all.filter(({ type }) => type === 'Noise'));
  const byBoth = await followUntil(store, begin, atHead, { prefixes: [`${run}keep`], types: ['Noted'] });
  expect(byBoth.events).toEqual(all.filter(({ stream }) => stream === `${run}keep`));
  const { batches, events } = await followUntil(store, begin, atHead, { prefixes: [`${run}unused`] });
  expect(events).toEqual([]);
  expect((batches.at(-1)?.position ?? 0n) >= head).toBe(true);
}

async function endsWhenAborted(store: EventStore, run: string): Promise<void> {
  const begin = await store.head();
  await store.append(`${run}f`, 'any', newEvents(3));
  const controller = new AbortController();
  let seen = 0;
  const following = (async () => {
    for await (const { events } of store.follow(begin, {
      prefixes: [run],
      batch_size_max: 10,
      signal: controller.signal,
    }))
      seen += events.length;
    return performance.now();
  })();
  for (let tries = 0; seen < 3 && tries < 1_000; tries++) await sleep(20);
  const abortedAt = performance.now();
  controller.abort();
  expect((await following) - abortedAt).toBeLessThan(3_000);
  expect(seen).toBe(3);
  expect(await collect(store.follow(begin, { batch_size_max: 10, signal: controller.signal }))).toEqual([]);
}

async function followsDuringAppends(store: EventStore, run: string): Promise<void> {
  const begin = await store.head();
  const write = async (writer: number): Promise<void> => {
    for (let round = 0; round < 25; round += 1)
      await store.append(`${run}w-${(writer * round) % 7}`, 'any', newEvents(1 + (round % 3)));
  };
  const total = 16 * (9 * 1 + 8 * 2 + 8 * 3);
  const following = [1, 7, 100].map((batch_size_max) =>
    followUntil(store, begin, (events) => events.length >= total, { batch_size_max, prefixes: [run] }),
  );
  await Promise.all(Array.from({ length: 16 }, (_, writer) => write(writer)));
  const all = await ownSince(store, begin, run);
  expect(all).toHaveLength(total);
  for (const { events } of await Promise.all(following)) expect(events).toEqual(all);
}

/** The guarantees of following. */
export const followingChecks = {
  'following catches up and then goes on': followsCatchingUpAndLive,
  'following starts after any position': followsFromAnywhere,
  'following resumes where it was interrupted': followsAfterInterruptions,
  'following filters streams and types but reports the progress': followsFiltered,
  'following ends soon after the abort': endsWhenAborted,
  'following during appends neither misses nor repeats an event': followsDuringAppends,
} satisfies Record<string, Check>;
