import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Job, type JobStep, Operations } from '#operations';
import { eventually } from '../../../../test/support/wait.js';
import { Config } from '../config.js';
import type { Freshness } from '../ops/freshness.js';
import { createLog } from '../ops/log.js';
import { JobRunner } from './runner.js';

const LEASE_MS = 400;
const PIECE_MS = 10;
const isFresh = { caughtUp: () => Promise.resolve(true) } as unknown as Freshness;
const STEP = { rows: 1, failed: 0, output: '', progress: {} };

let operations: Operations;
let runners: JobRunner[];
let done: string[];

beforeEach(async () => {
  operations = await Operations.open({ file: ':memory:' });
  [runners, done] = [[], []];
  await operations.jobs.receive({
    ...{ id: 'j1', kind: 'action', type: 'SLOW', app_id: 'app', request_id: 'v-1', parameters: {} },
    ...{ created_at: '2026-01-01T00:00:00.000Z', expires_at: '2999-01-01T00:00:00.000Z' },
  });
  await operations.jobs.open('j1', 1, {});
});
afterEach(async () => {
  await Promise.all(runners.map((one) => one.stop()));
  await operations.close();
});

/** An instance with one kind of work, whose step takes this long, in pieces of 10 ms. */
function run(instance: string, step_ms: number): JobRunner {
  const config = Object.assign(Object.create(Config.prototype) as Config, { LOG_LEVEL: 'silent' });
  Object.defineProperty(config, 'lease', { value: { instance, lease_ms: LEASE_MS } });
  const work = {
    types: ['SLOW'],
    async *steps({ id }: Job, signal: AbortSignal): AsyncGenerator<JobStep> {
      for (let pieces = step_ms / PIECE_MS; pieces > 0; pieces--) {
        await sleep(PIECE_MS);
        signal.throwIfAborted();
      }
      done.push(`${instance} ${id}`);
      yield { ...STEP, state: 'done' };
    },
  };
  const runner = new JobRunner(config, operations, isFresh, [work], createLog(config));
  runners.push(runner);
  runner.start();
  return runner;
}

test('a step that takes longer than the lease stays with its instance', async () => {
  run('first', 5 * LEASE_MS);
  await sleep(LEASE_MS / 2);
  run('second', 0);
  await eventually(async () => expect((await operations.jobs.find('action', 'j1'))?.state).toBe('done'));
  expect(done).toEqual(['first j1']);
});

test('an instance that stops during a long step releases the job at once', async () => {
  const first = run('first', 1_000_000);
  await sleep(LEASE_MS / 2);
  await first.stop();
  expect(await operations.jobs.find('action', 'j1')).toMatchObject({ state: 'open', parts_done: 0 });
  run('second', 0);
  await eventually(async () => expect((await operations.jobs.find('action', 'j1'))?.state).toBe('done'));
  expect(done).toEqual(['second j1']);
});
