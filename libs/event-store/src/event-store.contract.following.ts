import { expect } from '@jest/globals';

import type { EventStore, Position, RecordedEvent } from './event-store.js';
import { collect, fill, followUntil, newEvent, newEvents, type Check } from './event-store.contract.tools.js';

async function followsCatchingUpAndLive(store: EventStore): Promise<void> {
  await fill(store, 'f', 120);
  const following = followUntil(store, undefined, (events) => events.length >= 160);
  for (let count = 0; count < 37; count += 1) await store.append('f', 'any', [newEvent()]);
  const { events, batches } = await following;
  expect(events).toEqual(await collect(store.readAll()));
  expect(batches.every((batch) => batch.events.length <= 7)).toBe(true);
}

async function followsFromAnywhere(store: EventStore): Promise<void> {
  await fill(store, 'f', 90);
  const all = await collect(store.readAll());
  for (let round = 0; round < 12; round += 1) {
    const at = Math.floor(Math.random() * (all.length - 1));
    const wanted = all.slice(at + 1);
    const { events } = await followUntil(store, all[at]?.position, (seen) => seen.length >= wanted.length);
    expect(events).toEqual(wanted);
  }
}

/** Reads in small parts, each resuming at the position of the last batch of the part before. */
async function followsAfterInterruptions(store: EventStore): Promise<void> {
  await fill(store, 'f', 60);
  const all = await collect(store.readAll());
  const seen: RecordedEvent[] = [];
  let position: Position | undefined;
  for (let round = 0; seen.length < all.length && round < 100; round += 1) {
    const { events, batches } = await followUntil(store, position, () => true, { batch_size_max: 1 + (round % 4) });
    if (batches.length === 0) break;
    seen.push(...events);
    position = batches.at(-1)?.position;
  }
  expect(seen).toEqual(all);
}

async function followsFiltered(store: EventStore): Promise<void> {
  await fill(store, 'keep', 30);
  await fill(store, 'drop', 700);
  await fill(store, 'also', 30);
  const head = await store.head();
  const all = await collect(store.readAll());
  const atHead = (_: unknown, position: Position): boolean => position >= head;
  const byPrefix = await followUntil(store, 0n, atHead, { prefixes: ['keep', 'als'] });
  expect(byPrefix.events).toEqual(all.filter(({ stream }) => !stream.startsWith('drop')));
  const byType = await followUntil(store, 0n, atHead, { types: ['Noise'] });
  expect(byType.events).toEqual(all.filter(({ type }) => type === 'Noise'));
  const byBoth = await followUntil(store, 0n, atHead, { prefixes: ['keep'], types: ['Noted'] });
  expect(byBoth.events).toEqual(all.filter(({ stream }) => stream === 'keep'));
  const { batches, events } = await followUntil(store, 0n, atHead, { prefixes: ['nobody'] });
  expect(events).toEqual([]);
  expect(batches.at(-1)?.position).toBe(head);
}

async function endsWhenAborted(store: EventStore): Promise<void> {
  await store.append('f', 'any', newEvents(3));
  const controller = new AbortController();
  let seen = 0;
  const following = (async () => {
    for await (const { events } of store.follow(0n, { batch_size_max: 10, signal: controller.signal }))
      seen += events.length;
    return performance.now();
  })();
  await new Promise((resolve) => setTimeout(resolve, 30));
  const abortedAt = performance.now();
  controller.abort();
  expect((await following) - abortedAt).toBeLessThan(50);
  expect(seen).toBe(3);
  expect(await collect(store.follow(0n, { batch_size_max: 10, signal: controller.signal }))).toEqual([]);
}

async function followsDuringAppends(store: EventStore): Promise<void> {
  const write = async (writer: number): Promise<void> => {
    for (let round = 0; round < 25; round += 1)
      await store.append(`w-${(writer * round) % 7}`, 'any', newEvents(1 + (round % 3)));
  };
  const total = 16 * (9 * 1 + 8 * 2 + 8 * 3);
  const following = [1, 7, 100].map((batch_size_max) =>
    followUntil(store, 0n, (events) => events.length >= total, { batch_size_max }),
  );
  await Promise.all(Array.from({ length: 16 }, (_, writer) => write(writer)));
  const all = await collect(store.readAll());
  expect(all).toHaveLength(total);
  for (const { events } of await Promise.all(following)) expect(events).toEqual(all);
}

/** What every follower may rely on. */
export const followingChecks = {
  'following catches up and then goes on': followsCatchingUpAndLive,
  'following starts after any position': followsFromAnywhere,
  'following resumes where it was interrupted': followsAfterInterruptions,
  'following leaves out other streams and types but reports the progress': followsFiltered,
  'following ends soon after the abort': endsWhenAborted,
  'following during appends neither misses nor repeats an event': followsDuringAppends,
} satisfies Record<string, Check>;
