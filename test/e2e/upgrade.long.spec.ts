import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Database from 'libsql';
import { FOLD_VERSION } from '#customer';
import { Operations } from '#operations';
import { Service } from '../support/service.js';
import { eventually } from '../support/wait.js';
import { type Answers, answersOf } from '../upgrade/answers.js';
import { cases } from '../upgrade/cases.js';
import { type Change, judged } from '../upgrade/changes.js';
import { goldenAnswers, SETTINGS, unpack } from '../upgrade/folder.js';

const run = promisify(execFile);
const MOVED = ['jobs', 'job_parts', 'metadata_schemas', 'webhooks', 'webhook_deliveries'];
let directory: string;
let was: Answers;
let is: Answers;
let service: Service;

const started = async (): Promise<Service> => {
  const one = await Service.start({ directory, env: SETTINGS });
  await eventually(async () => expect((await one.call('GET', '/health/ready')).body).toMatchObject({ status: 'ok' }));
  return one;
};
const foldVersions = (): unknown[] => {
  const db = new Database(join(directory, 'read-model.db'), { readonly: true });
  const found = db.prepare('select name, fold_version from generations').raw().all();
  db.close();
  return found;
};
const logged = (one: Service): readonly string[] => one.output.filter((line) => line.includes('rows are rebuilt'));

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ledger-test-'));
  await unpack(directory);
  was = await goldenAnswers();
  service = await started();
  // segments follow the rows
  await eventually(async () => {
    const { body } = await service.call('GET', '/v1/customers/case-tie-consent/segments');
    expect(body.data).toEqual([]);
  });
  is = await answersOf(service, Object.keys(was.gone));
});
afterAll(() => service.discard());

describe('a data folder of version 0.1.0', () => {
  test('is taken over by itself: the rows are rebuilt, and one line says why', () => {
    expect(foldVersions()).toEqual([['live', FOLD_VERSION]]);
    expect(logged(service).map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({ from: 1, to: FOLD_VERSION }),
    ]);
  });

  test('has the same customers, and deleted ones stay deleted', () => {
    expect(Object.keys(is.customers)).toEqual(Object.keys(was.customers));
    expect(Object.keys(is.gone)).toEqual(Object.keys(was.gone));
    for (const { status } of Object.values(is.gone)) expect(status).toBe(404);
  });

  test('means what it meant, but for what changed on purpose', () => {
    const { unexplained, idle } = judged(was, is);
    expect(unexplained).toEqual([]);
    expect(idle).toEqual([]);
  });

  test('still has what cannot be made from the history: webhooks, deliveries, jobs, their files, schemas', () => {
    const { webhooks, deliveries, actions, reports, exports, files, metadata_schemas } = is.others;
    expect([webhooks, metadata_schemas, actions, exports]).toEqual([
      was.others.webhooks,
      was.others.metadata_schemas,
      was.others.actions,
      was.others.exports,
    ]);
    expect([webhooks, deliveries, actions, exports, metadata_schemas].map(({ length }) => length > 0)).not.toContain(
      false,
    );
    expect([reports, files]).toEqual([was.others.reports, was.others.files]);
    expect(reports.length + files.length).toBeGreaterThan(3);
  });

  test('is what its events say by every way to look at it', async () => {
    const { body: asked } = await service.call('POST', '/v1/rebuilds', { body: { check_only: true } });
    await eventually(async () => {
      const { body } = await service.call('GET', `/v1/rebuilds/${asked.id}`);
      expect(body).toMatchObject({ state: 'done', report: { customers_differing: 0, counters: [] } });
    });
    expect((await service.call('GET', '/v1/access-log/verify')).body).toMatchObject({ valid: true });
  });

  test('takes commands and facts as before, and a second start finds nothing to do', async () => {
    const { body } = await service.call('PUT', '/v1/customers/person-1', { body: { name: 'After the upgrade' } });
    expect((await service.call('GET', `/v1/customers/${body.id}`)).body).toMatchObject({ name: 'After the upgrade' });
    await service.stop();
    service = await started();
    expect(logged(service)).toEqual([]);
    expect((await service.call('GET', '/v1/customers/person-1')).body).toMatchObject({ name: 'After the upgrade' });
  });

  test('takes commands over facts that run ahead of every clock, and knows facts again', async () => {
    for (const name of ['case-future-2099', 'case-future-9999']) {
      const body = { name: 'Now', metadata: { when: 'now' } };
      expect((await service.call('PUT', `/v1/customers/${name}`, { body })).body).toMatchObject(body);
      expect((await service.call('PUT', `/v1/customers/${name}/consents`, { body: { news: false } })).status).toBe(204);
      const { body: now } = await service.call('GET', `/v1/customers/${name}`);
      expect(now).toMatchObject({ ...body, system_metadata: { consents: { news: { value: false } } } });
    }
    const again = cases.find(({ type, data }) => type === 'order.paid' && data['id'] === 'late-o');
    if (!again) throw new Error('no such fact');
    const other = { ...again, data: { ...again.data, amount: 5 } };
    for (const fact of [again, other])
      expect((await service.facts([fact])).body.results).toMatchObject([{ status: 'duplicate' }]);
  });

  test('verifies as a whole, by `ledger verify --all`', async () => {
    const { stdout } = await run(process.execPath, [
      'dist/apps/cli/src/main.js',
      'verify',
      '--all',
      '--data-dir',
      directory,
    ]);
    expect(stdout).toContain('valid');
    expect(stdout).not.toContain('not valid');
  });
});

describe('records that the read model kept', () => {
  const tables = (folder: string, name: string): unknown[] => {
    const db = new Database(join(folder, name), { readonly: true });
    const found = db.prepare("select name from sqlite_master where type = 'table'").raw().all().flat();
    db.close();
    return found;
  };

  test('are in a database of their own, and nothing is left of them where they were', () => {
    expect(tables(directory, 'operations.db')).toEqual(expect.arrayContaining(MOVED));
    for (const table of MOVED) expect(tables(directory, 'read-model.db')).not.toContain(table);
  });

  test.each(['copied and not taken away', 'taken away, their tables not dropped'])(
    'come over whole when the start is killed with the records %s',
    async (when) => {
      const folder = await mkdtemp(join(tmpdir(), 'ledger-test-'));
      await unpack(folder);
      const file = join(folder, 'read-model.db');
      await copyFile(file, join(folder, 'as-it-was'));
      await (await Operations.open({ file: join(folder, 'operations.db'), former: { file } })).close();
      if (when.startsWith('copied')) {
        for (const part of ['-wal', '-shm']) await rm(file + part, { force: true });
        await copyFile(join(folder, 'as-it-was'), file);
      }
      const one = await Service.start({ directory: folder, env: SETTINGS });
      await eventually(async () => expect((await one.call('GET', '/health/ready')).status).toBe(200));
      const { others } = await answersOf(one, []);
      const { webhooks, deliveries, metadata_schemas, actions, reports, exports, files } = was.others;
      expect(others).toMatchObject({ webhooks, deliveries, metadata_schemas, actions, reports, exports, files });
      await one.stop();
      for (const table of MOVED) expect(tables(folder, 'read-model.db')).not.toContain(table);
      await rm(folder, { recursive: true });
    },
  );
});

describe('rows that are rebuilt', () => {
  test('are not shown before they are complete; killed amid it, the next start goes on; a former version is refused', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ledger-test-'));
    await unpack(folder);
    // an event at a time
    const slow = { ...SETTINGS, PROJECTOR_BATCH_MAX: '1', READ_WAIT_MS: '0' };
    let one = await Service.start({ directory: folder, env: slow });
    await eventually(async () => {
      const { status, body } = await one.call('GET', '/health/ready');
      expect([status, body.problems[0]]).toEqual([503, expect.stringContaining('rebuilt, because this version')]);
    });
    for (const path of ['/v1/customers/person-1', '/v1/customers', '/v1/orders/nowhere', '/v1/redemptions']) {
      const { status, headers, body } = await one.call('GET', path);
      expect([path, status, headers.get('retry-after')]).toEqual([path, 503, '1']);
      expect(body.details).toBe('The read model has not caught up with the history yet');
    }
    const order = await one.call('POST', '/v1/orders', {
      body: { id: 'late-o', amount: 1, customer: { source_id: 'other' } },
    });
    expect(order.status).toBe(503);
    await one.kill();

    one = await Service.start({ directory: folder, env: SETTINGS });
    expect(logged(one)).toEqual([]);
    await eventually(async () => expect((await one.call('GET', '/health/ready')).status).toBe(200));
    expect(judged(was, await answersOf(one, Object.keys(was.gone))).unexplained).toEqual([]);
    await one.stop();

    const db = new Database(join(folder, 'read-model.db'));
    db.prepare('update generations set fold_version = ?').run(FOLD_VERSION + 1);
    db.close();
    const starting = Service.start({ directory: folder, env: SETTINGS });
    await expect(starting).rejects.toThrow('read-model.db comes from a newer version of this service');
    await rm(folder, { recursive: true });
  });
});

describe('the comparison', () => {
  const change = (at: string): Change => ({ rule: `what is said of ${at}`, at: [at] });
  const [name = ''] = ['case-tie-amount'];

  test('finds every difference that is not named, and every name that explains none', () => {
    const other = structuredClone(was) as { customers: Record<string, { document: Record<string, unknown> }> };
    Object.assign(other.customers[name]?.document ?? {}, { name: 'Other' });
    const told = judged(was, other as unknown as Answers, []);
    expect(told.unexplained).toEqual([`/customers/${name}/document/name: undefined -> "Other"`]);
    const place = `/customers/case-tie-*/document/name`;
    expect(judged(was, other as unknown as Answers, [change(place)])).toEqual({ unexplained: [], idle: [] });
    expect(judged(was, other as unknown as Answers, [change('/customers/**'), change('/gone/**')]).idle).toEqual([
      'what is said of /gone/**',
    ]);
  });
});
