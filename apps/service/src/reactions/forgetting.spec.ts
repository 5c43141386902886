import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { LeaseOptions } from '#database';
import { MemoryEventStore } from '#event-store';
import { FORGET_FILES, type ItemLease, Operations } from '#operations';
import { eventually } from '../../../../test/support/wait.js';
import { Forgetting } from './forgetting.js';

const LEASE = { instance: 'only', lease_ms: 5_000 };
const HOLDER = { instance: 'a', lease_ms: 60_000 };
const STEP = { rows: 1, failed: 0, output: 'Ada\n', progress: {}, state: 'done' as const };

let file: string;
let operations: Operations;
let store: MemoryEventStore;
let rows_at: bigint;
let running: { stop(): Promise<void> }[];

beforeEach(async () => {
  file = join(await mkdtemp(join(tmpdir(), 'operations-')), 'operations.db');
  operations = await Operations.open({ file });
  [store, rows_at, running] = [new MemoryEventStore(), 0n, []];
});
afterEach(async () => {
  for (const one of running) await one.stop();
  await operations.close();
});

/** One start, with rows up to the position `rows_at`. */
function start(on = operations): { readonly failures: unknown[]; stop(): Promise<void> } {
  const stopping = new AbortController();
  const failures: unknown[] = [];
  const model = { reached: async () => ({ position: rows_at, newest: rows_at, store_id: await store.identity() }) };
  const forgetting = new Forgetting({ operations: on, model, store }, LEASE, (error) => failures.push(error));
  const done = forgetting.run(stopping.signal);
  const one = {
    failures,
    stop: async () => {
      stopping.abort();
      await done;
    },
  };
  running.push(one);
  return one;
}

async function erase(id: string): Promise<bigint> {
  const event = { id: `e-${id}`, type: 'CustomerErased', data: {}, metadata: {} };
  return (await store.append(`customer-${id}`, 'no-stream', [event])).position;
}

async function makeExport(id: string, isDone = true): Promise<ItemLease> {
  await operations.jobs.receive({
    ...{ id, kind: 'export', type: 'customer', app_id: 'app', request_id: 'v-1', parameters: {} },
    ...{ created_at: '2026-01-01T00:00:00.000Z', expires_at: '2999-01-01T00:00:00.000Z' },
  });
  await operations.jobs.open(id, 0, {});
  const [lease] = await operations.jobs.queue(HOLDER).claim(1);
  const job = await operations.jobs.unfinished(id);
  if (isDone) await operations.jobs.note(job!, lease!, STEP);
  return lease!;
}

const exists = async (id: string): Promise<boolean> => (await operations.jobs.find('export', id)) !== undefined;

test('a file is deleted after the rows of the erased customer, not before', async () => {
  await makeExport('exp_1');
  start();
  const position = await erase('cust_1');
  await sleep(100);
  expect(await exists('exp_1')).toBe(true);
  // the file may contain the customer, whose rows are still there
  await makeExport('exp_2');
  rows_at = position;
  await eventually(async () => expect([await exists('exp_1'), await exists('exp_2')]).toEqual([false, false]));
  expect(await operations.isPurgeDue()).toBe(false);
});

test('an export that read the rows before their deletion can save no further step', async () => {
  const lease = await makeExport('exp_1', false);
  const job = (await operations.jobs.find('export', 'exp_1'))!;
  rows_at = await erase('cust_1');
  start();
  await eventually(async () => expect(await exists('exp_1')).toBe(false));
  await expect(operations.jobs.note(job, lease, STEP)).rejects.toThrow('no longer ours');
});

test('a deletion that was killed before its commit runs at the next start, a committed one does not', async () => {
  await makeExport('exp_1');
  rows_at = await erase('cust_1');
  const transaction = () => ({ execute: () => Promise.reject(new Error('killed')) });
  const db = Object.create(operations.db, { transaction: { value: transaction } }) as Operations['db'];
  const leases = { value: (options: LeaseOptions) => operations.leases(options) };
  const dying = start(Object.create(operations, { db: { value: db }, leases }) as Operations);
  await eventually(async () => expect(dying.failures).not.toEqual([]));
  await dying.stop();
  expect(await exists('exp_1')).toBe(true);

  const next = start();
  await eventually(async () => expect(await exists('exp_1')).toBe(false));
  await next.stop();
  await makeExport('exp_2');
  // as during a rebuild from the beginning
  rows_at = 0n;
  const again = start();
  await sleep(100);
  rows_at = await erase('cust_2').then((position) => position - 1n);
  await sleep(100);
  expect(await exists('exp_2')).toBe(true);
  await again.stop();
});

test('files from an older backup are deleted again', async () => {
  await makeExport('exp_1');
  const backup = join(await mkdtemp(join(tmpdir(), 'operations-')), 'operations.db');
  await operations.db.executeQuery({ sql: 'vacuum into ?', parameters: [backup], query: {} } as never);
  rows_at = await erase('cust_1');
  const first = start();
  await eventually(async () => expect((await operations.reached(FORGET_FILES))?.position).toBe(rows_at));
  await first.stop();

  await operations.close();
  operations = await Operations.open({ file: backup });
  expect(await exists('exp_1')).toBe(true);
  start();
  await eventually(async () => expect(await exists('exp_1')).toBe(false));
});
