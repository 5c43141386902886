import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Purge } from '#database';
import type { Operations } from '../operations.js';
import { addJobs } from '../records.double.js';
import { JobLost } from './jobs.js';

/** The contract of erasure from jobs and exports on every database. */
export function forgettingContract(open: () => Promise<Operations>): void {
  let operations: Operations;
  beforeEach(async () => {
    operations = await open();
    await addJobs(operations);
  });
  afterEach(() => operations.close());

  const parts = async (): Promise<string[]> => {
    const rows = await operations.db.selectFrom('job_parts').select(['job_id', 'direction']).execute();
    return rows.map(({ job_id, direction }) => `${job_id} ${direction}`).sort();
  };

  test('an erasure removes exports, keeps only the counts of finished actions, and lets running actions go on', async () => {
    await operations.forgetFiles();
    expect(await parts()).toEqual(['action-open in', 'action-open out']);
    expect(await operations.jobs.find('export', 'export-done')).toBeUndefined();
    expect(await operations.jobs.find('export', 'export-open')).toBeUndefined();
    const told = operations.db.selectFrom('jobs').select(['parameters', 'progress']).where('kind', '=', 'export');
    expect(new Set((await told.execute()).flatMap(Object.values))).toEqual(new Set(['{}']));
    expect(await operations.jobs.find('action', 'action-done')).toMatchObject({
      ...{ state: 'done', rows_done: 1, parameters: {}, progress: { is_forgotten: true } },
    });
    expect(await operations.jobs.find('action', 'action-open')).toMatchObject({ parameters: { of: 'Ada' } });
  });

  test('a running step of a removed export cannot be noted', async () => {
    const [lease] = await operations.jobs.queue({ instance: 'a', lease_ms: 60_000 }).claim(1, ['action-open']);
    expect(lease?.id).toBe('export-open');
    const job = await operations.jobs.unfinished('export-open');
    await operations.forgetFiles();
    const step = { rows: 1, failed: 0, output: 'Ada\n', progress: {}, state: 'done' as const };
    await expect(operations.jobs.note(job!, lease!, step)).rejects.toThrow(JobLost);
    expect(await parts()).toEqual(['action-open in', 'action-open out']);
  });

  test('a second erasure changes nothing', async () => {
    await operations.forgetFiles();
    const once = await parts();
    await operations.forgetFiles();
    expect(await parts()).toEqual(once);
  });

  test('an erasure leaves a purge due until the files are purged', async () => {
    expect(await operations.isPurgeDue()).toBe(false);
    await operations.forgetFiles();
    expect(await operations.isPurgeDue()).toBe(true);
    await new Purge(operations, () => undefined).purgeIfDue();
    expect(await operations.isPurgeDue()).toBe(false);
  });
}
