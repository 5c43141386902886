import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { verifyFile } from '../../apps/cli/src/verify-bundle.js';
import { fact } from '../support/facts.js';
import { type Answer, type CallOptions, KEYS, Service } from '../support/service.js';
import { eventually } from '../support/wait.js';

const CLI = resolve('dist/apps/cli/src/main.js');

let service: Service;
let folder: string;
let ada: string;

const bundle = (ref: string, { query = '', ...options }: CallOptions & { query?: string } = {}): Promise<Answer> =>
  service.call('GET', `/v1/customers/${encodeURIComponent(ref)}/bundle${query}`, { key: KEYS.audit, ...options });
const JSON_ALONE = { headers: { accept: 'application/json' } };

/** The command line's verdict on a file. */
async function judged(text: string): Promise<{ valid: boolean; verdict: Record<string, unknown> }> {
  const file = join(folder, 'bundle');
  await writeFile(file, text);
  const said: string[] = [];
  const valid = await verifyFile(file, { json: true }, (line) => void said.push(line));
  return { valid, verdict: JSON.parse(said.join('')) as Record<string, unknown> };
}

/** The installed command, run somewhere else; with its exit code. */
async function ledger(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const { app_id, token } = KEYS.audit;
  const env = { PATH: process.env['PATH'], LEDGER_URL: service.url, LEDGER_KEY: `${app_id}:${token}` };
  return new Promise((done) => {
    execFile(process.execPath, [CLI, ...args], { env, cwd: folder }, (error, out, err) =>
      done({ code: error ? Number(error.code) : 0, out, err }),
    );
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledger-bundle-'));
  service = await Service.start();
  const body = { source_id: 'ada', name: 'Ada </script><b>', email: 'ada@example.test', metadata: { tier: 'x' } };
  ada = (await service.call('POST', '/v1/customers', { body })).body.id as string;
  const order = (id: string, amount: number, time = '2026-01-10T10:00:00Z'): object =>
    fact('order.paid', time, { id, amount, status: 'PAID', customer: { source_id: 'ada' } });
  await service.facts([order('ord_1', 1000), order('ord_2', 500), order('ord_1', 900, '2026-01-10T11:00:00Z')]);
  await service.call('PUT', '/v1/customers/ada', { body: { name: 'Ada L.' } });
});

afterAll(async () => {
  await service.discard();
  await rm(folder, { recursive: true, force: true });
});

describe('GET /v1/customers/{id}/bundle', () => {
  test('a client that leaves at once takes none of the places for good', async () => {
    const { hostname, port } = new URL(service.url);
    const { app_id, token } = KEYS.audit;
    const ask = `GET /v1/customers/ada/bundle HTTP/1.1\r\nHost: x\r\nX-App-Id: ${app_id}\r\nX-App-Token: ${token}\r\n\r\n`;
    for (let n = 0; n < 24; n++) {
      const socket = connect(Number(port), hostname);
      await new Promise<void>((resolve) => socket.write(ask, () => resolve()));
      // some leave before the answer is begun, others amid it
      await sleep(n % 4);
      socket.destroy();
    }
    await eventually(async () => expect((await bundle('ada')).status).toBe(200));
    const together = await Promise.all(Array.from({ length: 4 }, () => bundle('ada')));
    expect(together.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  test('is a file that verifies offline, as a page and as JSON', async () => {
    const page = await bundle('ada');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-disposition')).toBe(`attachment; filename="ledger-${ada}.html"`);
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(await judged(page.text)).toMatchObject({ valid: true, verdict: { page: 'same', personal: 'told' } });
    const alone = await bundle(ada, JSON_ALONE);
    expect(alone.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(alone.headers.get('content-disposition')).toContain('.json"');
    expect(alone.body).toMatchObject({ format: 'customer-ledger/bundle', customer_id: ada, status: 'active' });
    expect(alone.body.document).toEqual((await service.call('GET', '/v1/customers/ada')).body);
    const { body: verification } = await service.call('GET', '/v1/customers/ada/verify');
    expect(alone.body.head).toEqual(verification.head);
    expect(alone.body).not.toHaveProperty('keys');
    expect(await judged(alone.text)).toMatchObject({ valid: true, verdict: { page: 'none', personal: 'told' } });
  });

  test('proves what was sealed when the key is in it', async () => {
    const { text } = await bundle('ada', { query: '?with_key=true' });
    expect(await judged(text)).toMatchObject({ valid: true, verdict: { personal: 'proven', page: 'same' } });
    const other = { ...JSON_ALONE, query: '?with_key=true' };
    const { body } = await bundle('ada', other);
    body.events[0].opened.email = 'eve@example.test';
    expect(await judged(JSON.stringify(body))).toMatchObject({
      valid: false,
      verdict: { problems: expect.arrayContaining([expect.objectContaining({ revision: 0 })]) },
    });
  });

  test('that was tampered with is found out, and where', async () => {
    const { body } = await bundle('ada', JSON_ALONE);
    body.events[1].data.amount = 1;
    const { valid, verdict } = await judged(JSON.stringify(body));
    expect([valid, (verdict['problems'] as object[])[0]]).toEqual([false, expect.objectContaining({ revision: 1 })]);
  });

  test('needs the role audit, and a customer that existed', async () => {
    expect((await bundle('ada', { key: KEYS.write })).body).toMatchObject({ key: 'missing_required_permission' });
    expect((await bundle('ada', { key: null })).status).toBe(401);
    expect((await bundle('unknown')).body).toMatchObject({ code: 404, key: 'not_found', resource_id: 'unknown' });
    expect((await bundle('ada', { query: '?with_key=1' })).body).toMatchObject({ key: 'invalid_query_params' });
  });

  test('of a deleted customer has the history, of an erased one nothing personal', async () => {
    const body = { source_id: 'zeb', name: 'Zebulon Secret', email: 'zeb@example.test' };
    const { id } = (await service.call('POST', '/v1/customers', { body })).body as { id: string };
    await service.call('DELETE', '/v1/customers/zeb');
    const deleted = await bundle(id);
    expect(deleted.text).toContain('Zebulon Secret');
    expect(await judged(deleted.text)).toMatchObject({ valid: true, verdict: { personal: 'told' } });
    await service.call('POST', `/v1/customers/${id}/permanent-deletion`);
    for (const options of [{}, JSON_ALONE, { query: '?with_key=true' }]) {
      const { status, text } = await bundle(id, options);
      expect(status).toBe(200);
      for (const personal of ['Zebulon', 'zeb@', '"keys"']) expect(text).not.toContain(personal);
      expect(await judged(text)).toMatchObject({ valid: true, verdict: { personal: 'erased' } });
    }
    expect((await bundle('zeb')).status).toBe(404);
  });
});

describe('the command line', () => {
  test('answers the auditor’s questions from another folder', async () => {
    const history = await ledger('history', 'ada');
    expect(history).toMatchObject({ code: 0, err: '' });
    expect(history.out.split('\n')[0]).toMatch(/^rev +recorded +occurred +type +by +fact +data +hash$/);
    expect(history.out).toMatch(/^ {2}1 .* OrderPlaced .*amount=1000 id=ord_1/m);
    const lines = (await ledger('history', 'ada', '--type', 'OrderPlaced', '--reverse', '--json')).out.trimEnd();
    expect(lines.split('\n').map((line) => (JSON.parse(line) as { revision: number }).revision)).toEqual([2, 1]);
    expect(JSON.parse((await ledger('as-of', 'ada', 'revision:1')).out)).toMatchObject({
      summary: { orders: { total_amount: 1000 } },
    });
    expect((await ledger('diff', 'ada', 'revision:3', 'revision:4')).out).toMatch(
      /^\/name +Ada <\/script><b> +Ada L\. +4 CustomerUpdated$/m,
    );
    const explained = (await ledger('explain', 'ada', 'summary.orders.total_amount')).out;
    expect(explained).toMatch(/^\/summary\/orders\/total_amount = 1400 {2}sum$/m);
    expect(explained).toMatch(/-100 +1400$/m);
    expect((await ledger('explain', 'ada')).out).toMatch(/^\/summary\/orders\/average_amount +700 +derived/m);
  });

  test('saves a bundle', async () => {
    const { code, out } = await ledger('bundle', 'ada', '--with-key');
    expect([code, out.split('\n')[0]]).toEqual([0, `ledger-${ada}.html`]);
    const saved = await readFile(join(folder, `ledger-${ada}.html`), 'utf8');
    expect(await judged(saved)).toMatchObject({ valid: true, verdict: { personal: 'proven', page: 'same' } });
  });

  test('complains in the service’s words and fails', async () => {
    const { code, out, err } = await ledger('history', 'unknown');
    expect([code, out, err]).toEqual([1, '', 'Resource not found: Cannot find customer with id unknown (404)\n']);
    expect(await ledger('as-of', 'ada', 'soon')).toMatchObject({ code: 1, err: expect.stringContaining('as_of') });
  });

  test('reports on a file in words, and says what is no bundle', async () => {
    const report = async (text: string): Promise<[boolean, string]> => {
      const file = join(folder, 'reported');
      await writeFile(file, text);
      const said: string[] = [];
      const valid = await verifyFile(file, {}, (line) => void said.push(line));
      return [valid, said.join('\n')];
    };
    const { text } = await bundle('ada');
    const [valid, words] = await report(text);
    expect([valid, words]).toEqual([
      true,
      expect.stringMatching(/^valid {2}cust_.*\nevents +5\nchain +sound up to revision 4/),
    ]);
    const [isStillValid, complaint] = await report(text.replace('<bdi>1400</bdi>', '<bdi>1500</bdi>'));
    expect([isStillValid, complaint]).toEqual([
      false,
      expect.stringMatching(/^NOT VALID[^]*\nbundle: the page does not match/),
    ]);
    await expect(report('{}')).rejects.toThrow(/reported is not a bundle: it is not a bundle of a customer/);
    await expect(verifyFile(join(folder, 'none'), {})).rejects.toThrow(/none cannot be read/);
  });

  test('prints no colour codes where there is no terminal', async () => {
    expect((await ledger('explain', 'ada')).out).not.toMatch(/\u001b/);
  });
});
