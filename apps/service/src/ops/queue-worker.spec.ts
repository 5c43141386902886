import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ItemLease, Queue } from '#operations';
import { eventually } from '../../../../test/support/wait.js';
import { QueueWorker, type QueueWorkerOptions } from './queue-worker.js';

const NEVER_MS = 3_600_000;

/** A queue in memory; the test adds items, takes leases away, and makes renewals fail. */
let waiting: string[];
let lost: Set<string>;
let isAway: boolean;
let released: string[];
let failures: [unknown, string | undefined][];
let stopping: AbortController;
let running: Promise<void>[];

beforeEach(() => {
  [waiting, lost, isAway, released, failures] = [[], new Set(), false, [], []];
  [stopping, running] = [new AbortController(), []];
});
afterEach(async () => {
  stopping.abort();
  await Promise.all(running);
});

function run(options: Partial<QueueWorkerOptions>, lease_ms = NEVER_MS): QueueWorker {
  const queue: Pick<Queue, 'claim' | 'renew' | 'release' | 'lease_ms'> = {
    lease_ms,
    claim: (limit) =>
      Promise.resolve(waiting.splice(0, limit).map((id): ItemLease => ({ id, owner: 'only', token: 1 }))),
    renew: (leases) =>
      isAway
        ? Promise.reject(new Error('away'))
        : Promise.resolve(leases.map(({ id }) => id).filter((id) => !lost.has(id))),
    release: ({ id }) => Promise.resolve(void released.push(id)),
  };
  const worker = new QueueWorker(queue, {
    ...{ concurrency_max: 2, poll_ms: NEVER_MS, sweep_ms: NEVER_MS },
    work: () => Promise.resolve(),
    sweep: () => Promise.resolve(),
    onError: (error, id) => failures.push([error, id]),
    ...options,
  });
  running.push(worker.run(stopping.signal));
  return worker;
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve()));

test('items run side by side up to the limit, and the next one begins when one ends', async () => {
  waiting = ['a', 'b', 'c', 'd', 'e'];
  let [now, most] = [0, 0];
  const work = async (): Promise<void> => {
    most = Math.max(most, ++now);
    await sleep(1);
    now--;
  };
  run({ work });
  await eventually(() => Promise.resolve(expect(released).toEqual(['a', 'b', 'c', 'd', 'e'])));
  expect(most).toBe(2);
});

test('a wake-up claims at once, but not before the worker is ready', async () => {
  let isReady = false;
  let looks = 0;
  const worker = run({ isReady: () => Promise.resolve((looks++, isReady)) });
  waiting = ['a'];
  worker.wake();
  await eventually(() => Promise.resolve(expect(looks).toBe(2)));
  expect(released).toEqual([]);
  isReady = true;
  worker.wake();
  await eventually(() => Promise.resolve(expect(released).toEqual(['a'])));
});

test('an item whose lease is lost ends, the others go on', async () => {
  waiting = ['a', 'b'];
  const ended: string[] = [];
  const work = async ({ id }: ItemLease, signal: AbortSignal): Promise<void> => {
    await untilAborted(signal);
    ended.push(id);
  };
  run({ work }, 200);
  await sleep(400);
  expect(ended).toEqual([]);
  lost.add('a');
  await eventually(() => Promise.resolve(expect(ended).toEqual(['a'])));
});

test('an instance that cannot renew its leases ends its work when they expire', async () => {
  waiting = ['a'];
  run({ work: (_, signal) => untilAborted(signal) }, 200);
  await sleep(100);
  isAway = true;
  await eventually(() => Promise.resolve(expect(released).toEqual(['a'])));
  expect(failures[0]).toEqual([new Error('away'), undefined]);
});

test('a failure is reported with its item, which stays leased for a pause', async () => {
  waiting = ['a'];
  run({ work: () => Promise.reject(new Error('broken')) });
  await eventually(() => Promise.resolve(expect(failures).toEqual([[new Error('broken'), 'a']])));
  expect(released).toEqual([]);
});

test('a stop ends the work under way, releases its items and claims no more', async () => {
  waiting = ['a', 'b', 'c'];
  let sweeps = 0;
  run({ work: (_, signal) => untilAborted(signal), sweep: () => Promise.resolve(void sweeps++) });
  await eventually(() => Promise.resolve(expect(waiting).toEqual(['c'])));
  stopping.abort();
  await Promise.all(running);
  expect([released, waiting, sweeps]).toEqual([['a', 'b'], ['c'], 1]);
});
