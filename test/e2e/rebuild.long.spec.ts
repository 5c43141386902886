import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import Libsql from 'libsql';
import { audit } from '../support/audit.js';
import { fact } from '../support/facts.js';
import { random } from '../support/random.js';
import { KEYS, Service } from '../support/service.js';
import { eventually } from '../support/wait.js';

const CUSTOMERS = 1_500;
const ORDERS = 3;
const CANCELS = 30;
const CLI = resolve('dist/apps/cli/src/main.js');
const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 32));

let service: Service;
let directory: string;
beforeAll(async () => {
  // the auditor would mend what the rebuild is to find
  service = await Service.start({ env: { AUDIT_INTERVAL_MS: '0' } });
  ({ directory } = service);
  for (let first = 0; first < CUSTOMERS; first += 500)
    await take(Array.from({ length: 500 }, (_, n) => created(first + n)));
  for (let order = 0; order < ORDERS; order++)
    for (let first = 0; first < CUSTOMERS; first += 500)
      await take(Array.from({ length: 500 }, (_, n) => ordered(first + n, `o${order}`)));
  await service.call('GET', '/v1/customers?limit=1');
});
afterAll(() => service.discard());

const idOf = (n: number): string => `cust_${n}`;
const created = (n: number): object =>
  fact('customer.created', '2026-01-01T00:00:00Z', {
    id: idOf(n),
    source_id: `s${n}`,
    name: `Name ${n}`,
    email: `n${n}@x.org`,
  });
const ordered = (n: number, id: string): object =>
  fact('order.paid', '2026-01-02T00:00:00Z', { id: `${id}-${n}`, amount: 100, customer: { id: idOf(n) } });

async function take(facts: readonly object[]): Promise<void> {
  const { body } = await service.facts(facts);
  expect(body.rejected).toBe(0);
}

async function ask(body: object = {}): Promise<string> {
  const { status, body: answer } = await service.call('POST', '/v1/rebuilds', { body });
  expect([status, answer.object]).toEqual([202, 'rebuild']);
  return answer.id;
}

// Answers are looked at field by field.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
async function over(id: string): Promise<any> {
  for (;;) {
    const { body } = await service.call('GET', `/v1/rebuilds/${id}`);
    if (!body.is_open) return body;
    await sleep(20);
  }
}

test('given up at 30 random moments and then done, while readers read and facts come: no reader notices', async () => {
  const dice = random(SEED);
  let running = true;
  const seen = new Map<string, number>();
  const wrong: string[] = [];
  let reads = 0;
  const reading = async (): Promise<void> => {
    for (; running; reads++) {
      const id = idOf(Math.floor(Math.random() * CUSTOMERS));
      const least = seen.get(id) ?? 0;
      const { status, headers } = await service.call('GET', `/v1/customers/${id}`, { key: KEYS.read });
      const revision = Number(/\d+/.exec(headers.get('etag') ?? '')?.[0]);
      if (status !== 200 || !(revision >= least)) wrong.push(`${id}: ${status}, ${revision} after ${least}`);
      seen.set(id, Math.max(revision, seen.get(id) ?? 0));
    }
  };
  const writing = async (): Promise<void> => {
    for (let n = 0; running; n++) {
      await take(
        Array.from({ length: 10 }, () => ordered(Math.floor(Math.random() * CUSTOMERS), `more${n}-${Math.random()}`)),
      );
      await sleep(20);
    }
  };
  const load = [reading(), reading(), writing()];
  const ends: string[] = [];
  for (let n = 0; n < CANCELS; n++) {
    const id = await ask();
    await sleep(dice() * 600);
    await service.call('POST', `/v1/rebuilds/${id}/cancel`);
    ends.push((await over(id)).state);
  }
  const done = await over(await ask());
  running = false;
  await Promise.all(load);
  expect({ seed: SEED, wrong }).toEqual({ seed: SEED, wrong: [] });
  expect(ends.filter((state) => state === 'cancelled').length).toBeGreaterThan(5);
  expect(done).toMatchObject({
    state: 'done',
    report: { customers_compared: CUSTOMERS, customers_differing: 0, counters: [] },
  });
  expect(reads).toBeGreaterThan(CANCELS);
});

test('killed in the middle it goes on after the start', async () => {
  const id = await ask();
  await eventually(async () =>
    expect((await service.call('GET', `/v1/rebuilds/${id}`)).body.events).toBeGreaterThan(0),
  );
  await service.kill();
  service = await Service.start({ directory, env: { AUDIT_INTERVAL_MS: '0' } });
  expect(await over(id)).toMatchObject({ state: 'done', report: { customers_differing: 0 } });
});

test('paused it rests, resumed it goes on; there is one at a time, and only administrators ask for it', async () => {
  const id = await ask({ check_only: true });
  const paused = await service.call('POST', `/v1/rebuilds/${id}/pause`);
  if (paused.status === 200) {
    expect(paused.body.state).toBe('paused');
    expect((await service.call('POST', '/v1/rebuilds')).body).toMatchObject({
      code: 409,
      key: 'conflict',
      resource_id: id,
    });
    await service.call('POST', `/v1/rebuilds/${id}/resume`);
  }
  expect((await over(id)).state).toBe('done');
  expect((await service.call('POST', `/v1/rebuilds/${id}/cancel`)).status).toBe(409);
  expect((await service.call('GET', '/v1/rebuilds/rbld_none')).status).toBe(404);
  expect((await service.call('POST', '/v1/rebuilds', { body: { check_only: 'yes' } })).status).toBe(400);
  for (const key of [KEYS.read, KEYS.write, KEYS.ingest])
    expect((await service.call('GET', '/v1/rebuilds', { key })).status).toBe(403);
  expect((await service.call('GET', '/v1/rebuilds')).body.rebuilds[0].id).toBe(id);
});

test('ledger rebuild names what differs, mends it, and switches back', async () => {
  await spoil('cust_7', 'cust_77');
  const check = await ledger('--check-only');
  expect([check.code, check.stdout]).toEqual([1, expect.stringContaining(`${CUSTOMERS} customers compared, 2 differ`)]);
  expect(check.stdout).toContain('cust_77 at revision');
  expect(check.stdout).toContain('name_key');
  expect(check.stdout).not.toContain('mallory');
  expect((await ledger('--customer', 's7')).stdout).toContain('1 customers compared, 1 differ');
  expect(await ledger('--customer', 'unknown')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no_such_customer'),
  });
  expect(await ledger('--check-only', '--switch-back')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('exclude other options'),
  });
  const file = join(directory, 'report.json');
  expect((await ledger('--report', file)).stdout).toContain('1 differ');
  expect(JSON.parse(await readFile(file, 'utf8')).differing).toMatchObject([
    { customer: 'cust_77', paths: ['name_key'] },
  ]);
  expect((await ledger('--check-only')).code).toBe(0);
  expect((await ledger('--switch-back')).stdout).toContain('(switch_back): done');
  // the former rows come back as they were
  expect((await ledger('--check-only')).stdout).toContain('1 differ');
  expect((await ledger()).code).toBe(0);
  expect((await ledger('--status')).stdout).toContain('(rebuild): done');
  const cancelled = await ledger('--cancel');
  expect([cancelled.code, cancelled.stderr]).toEqual([1, expect.stringContaining('is over')]);
});

test('the auditor finds and mends a row that differs, and says so', async () => {
  await service.stop();
  service = await Service.start({ directory, env: { AUDIT_INTERVAL_MS: '1' } });
  await spoil('cust_500');
  await eventually(async () => {
    const { text } = await service.call('GET', '/metrics');
    expect(text).toMatch(/^ledger_audit_mismatches_total 1$/m);
  });
  const { body } = await service.call('GET', '/v1/customers?name=name%20500');
  expect(body.customers[0].id).toBe('cust_500');
  const said = service.output.find((line) => line.includes('differed from its events'));
  expect(JSON.parse(said ?? '{}')).toMatchObject({ customer: 'cust_500', paths: ['name_key'], is_mended: true });
  expect((await service.call('GET', '/health/ready', { key: null })).body).toEqual({ status: 'ok' });
});

test('after all of this every row is what a fresh fold says', async () => {
  await service.call('GET', '/v1/customers?limit=1');
  await service.stop();
  const { customers, faults } = await audit(directory);
  expect([customers, faults]).toEqual([CUSTOMERS, []]);
});

async function spoil(...ids: readonly string[]): Promise<void> {
  const db = new Libsql(join(directory, 'read-model.db'), { timeout: 5_000 });
  for (const id of ids) db.prepare('update customers set name_key = ? where id = ?').run('mallory', id);
  db.close();
}

async function ledger(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { ...process.env, LEDGER_URL: service.url, LEDGER_KEY: `${KEYS.admin.app_id}:${KEYS.admin.token}` };
  const run = promisify(execFile)(process.execPath, [CLI, 'rebuild', ...args], { env, timeout: 30_000 });
  return run.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, stdout, stderr }),
  );
}
