import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { fact } from '../support/facts.js';
import { type Answer, KEYS, Service } from '../support/service.js';
import { eventually } from '../support/wait.js';

interface Got {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // Messages are looked at field by field.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

/** The receiver's answer; with undefined it keeps quiet. */
let status: number | undefined;
let got: Got[];
let server: Server;
let target_url: string;
let service: Service;
let hook: Answer['body'];
const EVENTS = ['customer.created', 'customer.updated', 'customer.deleted', 'customer.order.paid'];

const call = async (method: string, path: string, body?: object): Promise<Answer['body']> => {
  const answer = await service.call(method, path, { ...(body && { body }) });
  expect({ path, status: answer.status }).toEqual({ path, status: expect.any(Number) });
  expect(answer.status).toBeLessThan(300);
  return answer.body;
};
const day = (n: number): string => new Date(Date.UTC(2026, 0, 1 + n)).toISOString();
const paid = (n: number, source_id: string): object =>
  fact('order.paid', day(n), { id: `${source_id}-${n}`, amount: 100, customer: { source_id } });
const deliveries = async (query = ''): Promise<Answer['body'][]> =>
  (await call('GET', `/v1/webhooks/${hook.id}/deliveries?limit=100${query}`)).deliveries;
const env = { WEBHOOKS_ALLOW_PRIVATE: 'true' };

beforeAll(async () => {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      got.push({ headers: request.headers, text, body: JSON.parse(text) });
      if (status !== undefined) response.writeHead(status).end();
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  target_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  service = await Service.start({ env });
});
beforeEach(async () => {
  [status, got] = [200, []];
  hook = await call('POST', '/v1/webhooks', { target_url, events: EVENTS });
});
afterEach(() => service.call('DELETE', `/v1/webhooks/${hook.id}`));
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await service.discard();
});

test('what happens to customers is told: signed, once, in the order of each customer, nothing from before', async () => {
  await service.facts(
    Array.from({ length: 20 }, (_, n) => paid(n, n % 2 ? 'odd' : 'even')),
    KEYS.admin,
  );
  await call('POST', '/v1/customers', { source_id: 'odd', name: 'Zoë' });
  await eventually(async () => expect(got.length).toBe(23));
  for (const { headers, text, body } of got) {
    expect(headers['x-voucherify-signature']).toBe(createHmac('sha256', hook.secret).update(text).digest('hex'));
    expect(headers['x-ledger-delivery']).toBe(body.id);
  }
  const ada = (await service.call('GET', '/v1/customers/odd')).body;
  const own = got.map(({ body }) => body).filter(({ event }) => event.entity_id === ada.id);
  expect(own.map(({ type }) => type)).toEqual([
    'customer.created',
    ...Array(10).fill('customer.order.paid'),
    'customer.updated',
  ]);
  const { assets: _, ...document } = ada;
  expect(own.at(-1)).toEqual({
    id: expect.stringMatching(/^whs_[0-9a-f]{18}$/),
    project_id: expect.stringMatching(/^proj_/),
    created_at: expect.any(String),
    type: 'customer.updated',
    data: { customer: document },
    source: { id: hook.id, object: 'webhook', target_url },
    event: {
      id: expect.stringMatching(/^evcus_/),
      type: 'customer.updated',
      created_at: ada.updated_at,
      entity_id: ada.id,
      group_id: expect.stringMatching(/^v-/),
      event_source: expect.objectContaining({ channel: 'API' }),
    },
  });
  const late = await call('POST', '/v1/webhooks', { target_url, events: EVENTS });
  await call('POST', '/v1/customers', { source_id: 'odd', name: 'Zoë II' });
  await eventually(async () => expect(got.length).toBe(25));
  expect(got.filter(({ body }) => body.source.id === late.id)).toHaveLength(1);
  expect(new Set(got.map(({ body }) => body.id)).size).toBe(25);
  await call('DELETE', `/v1/webhooks/${late.id}`);
});

test('a refused delivery waits for its retry, and is sent again on request', async () => {
  status = 500;
  await call('POST', '/v1/customers', { source_id: 'refused' });
  await eventually(async () =>
    expect(await deliveries('&state=waiting')).toMatchObject([{ attempts: 1, status: 500 }]),
  );
  const [waiting] = await deliveries();
  const pause_ms = Date.parse(waiting.due_at) - Date.parse(waiting.first_at);
  expect(pause_ms).toBeGreaterThan(50_000);
  status = 200;
  await call('POST', `/v1/webhooks/${hook.id}/deliveries/${waiting.id}/resend`);
  await eventually(async () => expect(await deliveries('&state=delivered')).toMatchObject([{ id: waiting.id }]));
  expect(got.map(({ text }) => text)).toEqual([got[0]?.text, got[0]?.text]);
  expect((await call('POST', `/v1/webhooks/${hook.id}/resend`)).deliveries).toBe(0);
  expect(await call('POST', `/v1/webhooks/${hook.id}/test`)).toMatchObject({ status: 200, error: null });
  const metrics = (await service.call('GET', '/metrics')).text;
  expect(metrics).toMatch(/ledger_webhook_deliveries_total\{outcome="retried"\} [1-9]/);
});

test('killed while it sends, it loses nothing and repeats under the same id', async () => {
  status = undefined;
  const facts = Array.from({ length: 30 }, (_, n) => paid(n, `k${n}`));
  await service.facts(facts, KEYS.admin);
  await eventually(async () => expect(got.length).toBeGreaterThanOrEqual(4));
  const { directory } = service;
  await service.kill();
  server.closeAllConnections();
  status = 200;
  service = await Service.start({ directory, env });
  await eventually(async () => expect(await deliveries('&state=delivered')).toHaveLength(60));
  const ids = got.map(({ body }) => body.id);
  expect(new Set(ids).size).toBe(60);
  expect(ids.length).toBeGreaterThan(60);
});

test('who is erased is told of no more, whatever was waiting', async () => {
  status = 500;
  const lost = await call('POST', '/v1/customers', { source_id: 'lost', name: 'Marie' });
  await eventually(async () => expect(await deliveries('&state=waiting')).toMatchObject([{ attempts: 1 }]));
  expect(got.pop()?.text).toContain('Marie');
  status = 200;
  await call('POST', `/v1/customers/${lost.id}/permanent-deletion`);
  await eventually(async () =>
    expect(await deliveries('&state=delivered')).toMatchObject([{ type: 'customer.deleted' }]),
  );
  const [discarded] = await deliveries('&state=discarded');
  expect(discarded).toMatchObject({ type: 'customer.created', error: 'customer_erased' });
  // also on request
  await call('POST', `/v1/webhooks/${hook.id}/deliveries/${discarded.id}/resend`);
  await eventually(async () => expect(await deliveries('&state=discarded')).toMatchObject([{ id: discarded.id }]));
  expect(got.map(({ body }) => body.data)).toEqual([{ customer: { id: lost.id, object: 'customer' } }]);
});

test('a rebuild of the rows sends nothing again', async () => {
  await call('POST', '/v1/customers', { source_id: 'calm' });
  await eventually(async () => expect(await deliveries('&state=delivered')).toHaveLength(1));
  const { id } = await call('POST', '/v1/rebuilds', {});
  await eventually(async () => expect((await call('GET', `/v1/rebuilds/${id}`)).state).toBe('done'));
  await call('POST', '/v1/customers', { source_id: 'calm', name: 'After' });
  await eventually(async () => expect(await deliveries('&state=delivered')).toHaveLength(2));
  expect(got).toHaveLength(2);
});

test('while it is off nothing is told; what waited is, what happened meanwhile is not', async () => {
  await call('PUT', `/v1/webhooks/${hook.id}`, { active: false });
  await call('POST', '/v1/customers', { source_id: 'meanwhile' });
  await call('PUT', `/v1/webhooks/${hook.id}`, { active: true });
  await call('POST', '/v1/customers', { source_id: 'afterwards' });
  await eventually(async () => expect(await deliveries('&state=delivered')).toHaveLength(1));
  expect(got.map(({ body }) => body.data.customer.source_id)).toEqual(['afterwards']);
});

test('what cannot be a webhook is refused, and secrets are shown once', async () => {
  const refused = async (body: object): Promise<string> => {
    const answer = await service.call('POST', '/v1/webhooks', { body });
    expect(answer.status).toBe(400);
    return answer.body.details;
  };
  expect(await refused({ target_url, events: ['customer.dreamt'] })).toContain('customer.dreamt');
  expect(await refused({ target_url, events: [] })).toContain('.events');
  expect(await refused({ target_url: 'ftp://x.org', events: EVENTS })).toContain('bad_url');
  expect(hook.secret).toMatch(/^whsec_/);
  expect(await call('GET', '/v1/webhooks')).toMatchObject({ webhooks: [{ id: hook.id, active: true }] });
  expect(JSON.stringify(await call('GET', '/v1/webhooks'))).not.toContain('secret');
  for (const key of [KEYS.read, KEYS.write, KEYS.ingest, KEYS.audit])
    expect((await service.call('GET', '/v1/webhooks', { key })).status).toBe(403);
  const careful = await Service.start();
  const answer = await careful.call('POST', '/v1/webhooks', {
    body: { target_url: 'https://localhost/x', events: EVENTS },
  });
  await careful.discard();
  expect(answer.body).toMatchObject({ key: 'invalid_payload', details: expect.stringContaining('private_address') });
});
