import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Operations } from '../operations.js';
import type { ItemLease } from '../queue.js';
import { type Job, JobLost, type JobRequest } from './jobs.js';

const A = { instance: 'a', lease_ms: 60_000 };
const STEP = { rows: 2, failed: 1, output: 'x\n', progress: { seen: 2 }, state: 'open' as const };

const request = (id: string, expires_at = '2999-01-01T00:00:00.000Z'): JobRequest => ({
  ...{ id, kind: 'action', type: 'T', app_id: 'app', request_id: 'v-1' },
  ...{ created_at: `2024-01-01T00:00:00.00${id.at(-1) ?? '0'}Z`, expires_at, parameters: {} },
});

/** The contract of jobs and exports on every database. */
export function jobsContract(open: () => Promise<Operations>): void {
  let operations: Operations;

  beforeEach(async () => {
    operations = await open();
  });
  afterEach(() => operations.close());

  async function opened(id: string, parts: readonly string[], expires_at?: string): Promise<void> {
    await operations.jobs.receive(request(id, expires_at));
    for (const [number, text] of parts.entries()) await operations.jobs.addInput(id, number, text);
    await operations.jobs.open(id, 4, { p: 1 });
  }

  const claim = (): Promise<ItemLease[]> => operations.jobs.queue(A).claim(1);
  const claimed = async (): Promise<[job: Job, lease: ItemLease]> => {
    const [lease] = await claim();
    const job = lease && (await operations.jobs.unfinished(lease.id));
    if (!job) throw new Error('there is no job');
    return [job, lease];
  };

  test('a job is invisible before all of its input has arrived', async () => {
    await operations.jobs.receive(request('j1'));
    expect(await operations.jobs.find('action', 'j1')).toBeUndefined();
    expect(await claim()).toEqual([]);
    await operations.jobs.open('j1', 0, {});
    expect(await operations.jobs.find('action', 'j1')).toMatchObject({ id: 'j1', state: 'open' });
    expect(await operations.jobs.find('export', 'j1')).toBeUndefined();
  });

  test('a step is noted once, with its output, and its input is deleted', async () => {
    await opened('j1', ['first', 'second']);
    const [job, lease] = await claimed();
    expect(await operations.jobs.input(job, 1)).toEqual(['first']);
    const next = await operations.jobs.note(job, lease, STEP);
    await expect(operations.jobs.note(job, lease, STEP)).rejects.toThrow(JobLost);
    expect(await operations.jobs.input(next, 2)).toEqual(['second']);
    expect(await operations.jobs.input({ ...next, parts_done: 0 }, 1)).toEqual([]);
    await operations.jobs.note(next, lease, { ...STEP, output: 'y\n', state: 'done' });
    expect(await operations.jobs.find('action', 'j1')).toMatchObject({
      state: 'done',
      rows_done: 4,
      progress: { seen: 2 },
    });
    const output: string[] = [];
    for await (const text of operations.jobs.output('j1')) output.push(text);
    expect(output).toEqual(['x\n', 'y\n']);
    expect(await claim()).toEqual([]);
  });

  test('a step may take several parts of the input', async () => {
    await opened('j1', ['one', 'two', 'three', 'four']);
    const [job, lease] = await claimed();
    expect(await operations.jobs.input(job, 3)).toEqual(['one', 'two', 'three']);
    const next = await operations.jobs.note(job, lease, { ...STEP, parts: 3 });
    expect(next).toMatchObject({ parts_done: 3, rows_done: 2 });
    expect(await operations.jobs.input(next, 3)).toEqual(['four']);
    await expect(operations.jobs.note({ ...next, parts_done: 1 }, lease, STEP)).rejects.toThrow(JobLost);
  });

  test('an expired job is hidden, then swept with its parts; an open job stays', async () => {
    await opened('j1', ['in'], '2024-01-02T00:00:00.000Z');
    expect(await operations.jobs.sweep()).toBe(0);
    await operations.jobs.note(...(await claimed()), { ...STEP, state: 'failed' });
    expect(await operations.jobs.find('action', 'j1')).toBeUndefined();
    await operations.jobs.receive(request('j2'));
    expect(await operations.jobs.sweep()).toBe(2);
    const { left } = await operations.db
      .selectFrom('job_parts')
      .select((row) => row.fn.countAll<number>().as('left'))
      .executeTakeFirstOrThrow();
    expect(Number(left)).toBe(0);
  });

  test('lists are newest first and show one more than asked for', async () => {
    for (const id of ['j1', 'j2', 'j3']) await opened(id, []);
    const ids = async (page: Parameters<typeof operations.jobs.list>[1]) =>
      (await operations.jobs.list('action', page)).map(({ id }) => id);
    expect(await ids({ limit: 1 })).toEqual(['j3', 'j2']);
    expect(await ids({ limit: 1, page: 3 })).toEqual(['j1']);
    expect(await ids({ limit: 5, before: '2024-01-01T00:00:00.002Z' })).toEqual(['j2', 'j1']);
    expect(await ids({ limit: 5, order: 'state' })).toHaveLength(3);
    expect(await operations.jobs.count('action')).toBe(3);
    expect(await operations.jobs.backlog()).toBe(3);
  });
}
