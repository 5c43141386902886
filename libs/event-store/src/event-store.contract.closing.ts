import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import type { EventStore } from './event-store.js';
import { collect, idsIn, idsOf, newEvent, newEvents, type Check } from './event-store.contract.tools.js';

/** A stream that is cut short must not look complete. */
async function readsWholeOrNot(store: EventStore, run: string): Promise<void> {
  const events = newEvents(600);
  await store.append(`${run}w`, 'any', events);
  const reading = Promise.allSettled(
    Array.from({ length: 40 }, async (_, n) => {
      await sleep(n / 2);
      return idsIn(store, `${run}w`);
    }),
  );
  await sleep(10);
  await store.close();
  for (const read of await reading)
    if (read.status === 'fulfilled') expect(read.value).toEqual(idsOf(events));
    else expect(String(read.reason)).toContain('closed');
}

async function refusesWhenClosed(store: EventStore, run: string): Promise<void> {
  const accepted = store.append(`${run}z`, 'any', [newEvent()]);
  const following = collect(store.follow(await store.head(), { batch_size_max: 1, signal: AbortSignal.timeout(4000) }));
  await store.close();
  await expect(accepted).resolves.toMatchObject({ revision: 0 });
  expect((await following).length).toBeLessThanOrEqual(1);
  await expect(store.append(`${run}z`, 'any', [newEvent()])).rejects.toThrow('closed');
  await expect(collect(store.read(`${run}z`))).rejects.toThrow('closed');
  await store.close();
}

export const closingChecks = {
  'closing writes accepted appends and refuses others': refusesWhenClosed,
  'a read during closing is complete or refused': readsWholeOrNot,
} satisfies Record<string, Check>;
