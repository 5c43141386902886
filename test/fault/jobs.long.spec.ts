import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Operations } from '#operations';
import { ended } from '../support/async-action.js';
import { audit } from '../support/audit.js';
import { random } from '../support/random.js';
import { KEYS, Service } from '../support/service.js';
import { eventually } from '../support/wait.js';

const SEED = Number(process.env['SEED'] ?? 20240501);
const KILLS = 6;
const ROWS = 5_000;
const KNOWN = 50;
const AUTH = { 'x-app-id': KEYS.write.app_id, 'x-app-token': KEYS.write.token };

test(`kill -9 at ${KILLS} random moments of a bulk update and an import: every row once in the end (SEED=${SEED})`, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'ledger-jobs-'));
  const next = random(SEED);
  let service = await Service.start({ directory });
  for (let n = 0; n < KNOWN; n++)
    await service.call('POST', '/v1/customers', { body: { source_id: `bulk-${n}`, name: 'Known' } });
  const customers = Array.from({ length: ROWS }, (_, n) => ({ source_id: `bulk-${n}`, name: `Name ${n}` }));
  const begun = await service.call('POST', '/v1/customers/bulk/async', { key: KEYS.write, body: customers });
  const action = begun.body.async_action_id as string;
  const form = new FormData();
  const lines = Array.from({ length: ROWS }, (_, n) => `csv-${n},Name ${n},${n}`);
  form.append('file', new Blob([`Source_id,Name,lucky\n${lines.join('\n')}\n`]), 'customers.csv');
  const sent = await fetch(`${service.url}/v1/customers/importCSV`, { method: 'POST', headers: AUTH, body: form });
  const { async_action_id: importing } = (await sent.json()) as { async_action_id: string };
  let progressAtKills = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    await sleep(next() * 300);
    const { body } = await service.call('GET', `/v1/async-actions/${action}`);
    if (body.status === 'IN_PROGRESS') progressAtKills += 1;
    await service.kill();
    service = await Service.start({ directory });
  }
  const updated = await ended(service, action);
  const imported = await ended(service, importing);
  const report = await (await fetch(updated.body.result.reports[0] as string)).text();
  // the rows show what the key wrote as soon as a read of that key is answered
  await eventually(async () =>
    expect((await service.call('GET', '/v1/customers', { key: KEYS.write })).status).toBe(200),
  );
  await service.stop();

  // otherwise the kills came after there was anything to resume
  expect(progressAtKills).toBeGreaterThan(0);
  expect(updated.body).toMatchObject({ status: 'DONE', result: { done_count: ROWS, failed_count: 0 } });
  expect(imported.body).toMatchObject({ status: 'DONE', result: { done_count: ROWS, failed_count: 0, failed: [] } });
  expect(report.trim().split('\n')).toEqual([
    'source_id,found,updated,error',
    ...customers.map(({ source_id }, n) => `${source_id},${n < KNOWN},true,`),
  ]);
  const { origins, faults } = await audit(directory);
  expect(faults).toEqual([]);
  const rowsOf = (id: string): number[] =>
    Array.from({ length: ROWS }, (_, n) => origins.get(`/v1/async-actions/${id} ${n}`) ?? 0);
  expect(rowsOf(action).filter((events) => events !== 1)).toEqual([]);
  expect(rowsOf(importing).filter((events) => events !== 1)).toEqual([]);
  await rm(directory, { recursive: true, force: true });
});

/** As many as one step takes: it is not noted before all of them are done. */
const ROWS_BEHIND = 2_000;
const TRIES = 20;

interface Kind {
  /** Hands in these rows; returns the action that works them off. */
  readonly begin: (service: Service, names: readonly (readonly [source_id: string, name: string])[]) => Promise<string>;
}
const KINDS: Readonly<Record<string, Kind>> = {
  'bulk update': {
    begin: async (service, names) => {
      const body = names.map(([source_id, name]) => ({ source_id, name }));
      return (await service.call('POST', '/v1/customers/bulk/async', { key: KEYS.write, body })).body
        .async_action_id as string;
    },
  },
  'CSV import': {
    begin: async (service, names) => {
      const form = new FormData();
      const lines = names.map((cells) => cells.join(','));
      form.append('file', new Blob([`Source_id,Name\n${lines.join('\n')}\n`]), 'customers.csv');
      const sent = await fetch(`${service.url}/v1/customers/importCSV`, { method: 'POST', headers: AUTH, body: form });
      return ((await sent.json()) as { async_action_id: string }).async_action_id;
    },
  },
};

/** The first rows of a job: one changes nothing, one changes a customer, one creates one. */
const FIRST = ['same', 'changed', 'made'] as const;

/** Reads the rows of a job on the disk, whether the service runs or not. */
async function onDisk<T>(directory: string, read: (operations: Operations) => Promise<T>): Promise<T> {
  const operations = await Operations.open({ file: join(directory, 'operations.db'), readonly: true });
  try {
    return await read(operations);
  } finally {
    await operations.close();
  }
}

/** Kills the service when commands came after rows that are done and not noted yet; undefined when the job was faster. */
async function killedBetween(service: Service, kind: Kind, round: number): Promise<string | undefined> {
  const name = (of: string): string => `${of}-${round}`;
  for (const [of, known] of [
    ['same', 'Row'],
    ['changed', 'Before'],
  ] as const)
    await service.call('POST', '/v1/customers', { body: { source_id: name(of), name: known } });
  const behind = Array.from({ length: ROWS_BEHIND }, (_, n) => [name(`behind-${n}`), 'Row'] as const);
  const action = await kind.begin(service, [...FIRST.map((of) => [name(of), 'Row'] as const), ...behind]);
  // rows of one turn are done together, so the others are done when the one that changes nothing is remembered
  await eventually(async () => {
    const [unchanged, job] = await onDisk(service.directory, ({ jobs }) =>
      Promise.all([jobs.unchanged(action), jobs.find('action', action)]),
    );
    expect(unchanged.has(0) || (job?.parts_done ?? 0) > 0).toBe(true);
  });
  const written = await Promise.all(
    FIRST.map((of) => service.call('PUT', `/v1/customers/${name(of)}`, { body: { name: 'Command' } })),
  );
  await service.kill();
  expect(written.map(({ status }) => status)).toEqual([200, 200, 200]);
  const left = await onDisk(service.directory, ({ jobs }) => jobs.find('action', action));
  return left?.state === 'open' && left.parts_done === 0 ? action : undefined;
}

test.each(Object.entries(KINDS))(
  'R10: rows of a %s that were done before a kill -9 do nothing after it, also where a command wrote in between',
  async (_, kind) => {
    const directory = await mkdtemp(join(tmpdir(), 'ledger-jobs-'));
    let service = await Service.start({ directory });
    let [round, action] = [0, await killedBetween(service, kind, 0)];
    for (; action === undefined && round < TRIES; action = await killedBetween(service, kind, ++round))
      service = await Service.start({ directory });
    if (action === undefined) throw new Error(`each of ${TRIES} jobs was noted before its service was killed`);
    service = await Service.start({ directory });
    const { body } = await ended(service, action);
    // what the key of the job reads shows all its rows
    const read = (of: string) => service.call('GET', `/v1/customers/${of}-${round}`, { key: KEYS.write });
    const shown = await Promise.all(FIRST.map(read));
    await service.stop();

    expect(body).toMatchObject({ status: 'DONE', result: { done_count: ROWS_BEHIND + FIRST.length, failed_count: 0 } });
    expect(shown.map((one) => one.body.name)).toEqual(['Command', 'Command', 'Command']);
    const { origins, faults } = await audit(directory);
    expect(faults).toEqual([]);
    const events = Array.from(FIRST, (__, n) => origins.get(`/v1/async-actions/${action} ${n}`) ?? 0);
    expect(events).toEqual([0, 1, 1]);
    await rm(directory, { recursive: true, force: true });
  },
);

const MB = 1_048_576;
const UPLOADS = 24;

test('bodies of 10 MB are read in bounded memory, and leave nothing when their last item is wrong', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'ledger-jobs-'));
  const service = await Service.start({ directory });
  const items = Array.from({ length: 10_000 }, (_, n) => `{"source_id":"big-${n}","description":"${'x'.repeat(970)}"}`);
  const wrong = `[${items.join(',')},{"name":5}]`;
  expect(wrong.length).toBeGreaterThan(9.5 * MB);
  const refused = async (): Promise<void> => {
    const { status, body } = await service.call('POST', '/v1/customers/bulk/async', { raw: wrong });
    expect([status, body.key]).toEqual([400, 'invalid_payload']);
  };
  const three = () => Promise.all([refused(), refused(), refused()]);
  // what the first ones take is there for all
  await three();
  await three();
  const before = peakBytes(service.pid);
  for (let n = 0; n < UPLOADS; n += 3) await three();
  const grown = peakBytes(service.pid) - before;
  expect((await service.call('GET', '/v1/async-actions')).body.async_actions).toEqual([]);
  await service.stop();
  const operations = await Operations.open({ file: join(directory, 'operations.db'), readonly: true });
  const { left } = await operations.db
    .selectFrom('job_parts')
    .select((row) => row.fn.countAll<number>().as('left'))
    .executeTakeFirstOrThrow();
  expect(left).toBe(0);
  await operations.close();
  // 240 MB of bodies came in between
  expect(grown / MB).toBeLessThan(120);
  await rm(directory, { recursive: true, force: true });
});

/** The most memory that a process ever had. */
function peakBytes(pid: number): number {
  const kib = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) * 1_024;
}
