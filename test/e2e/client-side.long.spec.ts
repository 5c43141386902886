import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { VoucherifyClientSide } from '@voucherify/sdk';
import { OpenApi } from '../support/openapi.js';
import { type Answer, KEYS, Service } from '../support/service.js';

const ORIGIN = 'https://shop.example';
const CLIENT = { 'x-client-application-id': 'shop-client', 'x-client-token': 'client:secret' };
const ENV = {
  CLIENT_KEYS: 'shop-client:client:secret',
  CLIENT_ORIGINS: `https://other.example,${ORIGIN}`,
  TRUSTED_PROXIES: '127.0.0.1',
  // other keys look at what clients did
  READ_CONSISTENCY: 'store',
};

let service: Service;
let open: Service;
let api: OpenApi;
let addresses = 0;

beforeAll(async () => {
  service = await Service.start({ env: ENV });
  open = await Service.start({ env: { ...ENV, CLIENT_CUSTOMERS: 'on' } });
  api = await OpenApi.of(service);
  await service.call('POST', '/v1/consents', { body: { id: 'cnst_mail', name: 'Mail' } });
});
afterAll(() => Promise.all([service.discard(), open.discard()]));

interface Asked {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly address?: string;
  readonly at?: Service;
}

/** As a browser of its own would. */
const ask = (method: string, path: string, { body, headers, address, at = service }: Asked = {}): Promise<Answer> =>
  at.call(method, `/client/v1${path}`, {
    key: null,
    ...(body !== undefined && { body }),
    headers: {
      origin: ORIGIN,
      ...CLIENT,
      'x-forwarded-for': address ?? `10.0.${(addresses += 1) >> 8}.${addresses & 255}`,
      ...headers,
    },
  });

function refused(status: number, answer: Answer): Answer['body'] {
  expect([answer.status, answer.text]).toEqual([status, expect.any(String)]);
  expect(api.problems('Error', answer)).toEqual([]);
  return answer.body;
}

const sdk = (at: Service, address: string) =>
  VoucherifyClientSide({
    clientApplicationId: 'shop-client',
    clientSecretKey: 'client:secret',
    apiUrl: at.url,
    origin: ORIGIN,
    customHeaders: { 'x-forwarded-for': address },
  });

test('every method of the official SDK, unchanged', async () => {
  const client = sdk(open, '10.9.0.1');
  const created = await client.createCustomer({
    source_id: 'browser',
    name: 'Ada',
    email: 'ada@example.test',
  });
  expect(created).toEqual({ id: expect.stringMatching(/^cust_/), source_id: 'browser', object: 'customer' });
  expect(await client.track('seen', { source_id: 'browser' }, { page: 3 } as never)).toEqual({
    object: 'event',
    type: 'seen',
  });
  expect(await client.listConsents()).toMatchObject({ consents: { total: 0 }, groups: { total: 0 } });
  await client.updateConsents('browser', { cnst_x: true });
  await expect(client.createCustomer({ source_id: 'browser-2' }, true)).rejects.toMatchObject({ code: 400 });
  const { body } = await open.call('GET', '/v1/customers/browser');
  expect(body).toMatchObject({ name: 'Ada', system_metadata: { consents: { cnst_x: { value: true } } } });
  const { body: activity } = await open.call('GET', '/v1/customers/browser/activity');
  expect(activity.data[0].data.event_source).toMatchObject({
    channel: 'CLIENT_API',
    api_key: { app_id: 'shop-client' },
  });
});

describe('a client key', () => {
  beforeAll(async () => {
    await service.call('POST', '/v1/customers', {
      body: { source_id: 'ada', name: 'Ada Secret', email: 'secret@example.test', metadata: { secret: true } },
    });
  });

  test('records events of who is known, and is told nothing of them', async () => {
    const body = { event: 'wish', customer: { source_id: 'ada', name: 'Mallory' }, metadata: { sku: 1 } };
    const answer = await ask('POST', '/events', { body });
    expect(api.shaped('ClientEvent', answer)).toEqual({ object: 'event', type: 'wish' });
    for (const told of ['etag', 'x-ledger-position']) expect(answer.headers.get(told)).toBeNull();
    // the profile is left alone
    expect((await service.call('GET', '/v1/customers/ada')).body.name).toBe('Ada Secret');
    refused(404, await ask('POST', '/events', { body: { ...body, customer: { source_id: 'unknown' } } }));
    refused(400, await ask('POST', '/events', { body: { ...body, customer: { name: 'x' } } }));
    refused(400, await ask('POST', '/events', { body: { customer: { source_id: 'ada' } } }));
  });

  test('gives and revokes consents, and reads what there is to consent to', async () => {
    const answer = await ask('PUT', '/customers/ada/consents', { body: { cnst_mail: true } });
    expect([answer.status, answer.text, answer.headers.get('etag')]).toEqual([204, '', null]);
    const { body } = await service.call('GET', '/v1/customers/ada/history?type=ConsentChanged', { key: KEYS.audit });
    expect(body.events[0]).toMatchObject({
      actor: { channel: 'CLIENT_API', key: 'shop-client' },
      data: { consents: { cnst_mail: true }, wordings: { cnst_mail: 1 } },
    });
    expect(api.shaped('ConsentLists', await ask('GET', '/consents')).consents.total).toBe(1);
    refused(404, await ask('PUT', '/customers/unknown/consents', { body: { cnst_mail: true } }));
    refused(400, await ask('PUT', '/customers/ada/consents', { body: {} }));
  });

  test('creates no customer unless CLIENT_CUSTOMERS is on; then the answer has the ids alone', async () => {
    refused(403, await ask('POST', '/customers', { body: { source_id: 'new' } }));
    expect((await service.call('GET', '/v1/customers/new')).status).toBe(404);
    await open.call('POST', '/v1/customers', { body: { source_id: 'known', email: 'secret@example.test' } });
    const answer = await ask('POST', '/customers', { at: open, body: { source_id: 'known', name: 'K' } });
    expect(Object.keys(api.shaped('ClientCustomer', answer)).sort()).toEqual(['id', 'object', 'source_id']);
    // a guessed id is not taken: the answer is a new customer
    const { id } = (await open.call('GET', '/v1/customers/known')).body as { id: string };
    const guessed = await ask('POST', '/customers', { at: open, body: { id, name: 'Mallory' } });
    expect(api.shaped('ClientCustomer', guessed).id).not.toBe(id);
  });

  test('opens nothing else, and a server-side key opens nothing here', async () => {
    const answers = [
      await service.call('GET', '/v1/customers/ada', { key: { app_id: 'shop-client', token: 'client:secret' } }),
      await ask('GET', '/customers/ada', { headers: { 'x-app-id': 'shop-client', 'x-app-token': 'client:secret' } }),
      await ask('GET', '/consents', {
        headers: { 'x-client-application-id': 'admin-app', 'x-client-token': 'admin-secret' },
      }),
      await ask('GET', '/consents', { headers: { 'x-client-token': 'client:secres' } }),
      await service.call('GET', '/client/v1/consents', { headers: { origin: ORIGIN } }),
    ];
    for (const answer of answers) refused(401, answer);
    // browsers are not to ask their users for a password
    expect(answers[3]?.headers.get('www-authenticate')).toBeNull();
  });

  test('is not remembered by Idempotency-Key: clients share their key', async () => {
    const headers = { 'idempotency-key': 'shared' };
    for (const event of ['one', 'two'])
      api.shaped(
        'ClientEvent',
        await ask('POST', '/events', { headers, body: { event, customer: { source_id: 'ada' } } }),
      );
  });
});

describe('origins', () => {
  test('that are not in the list are refused, whatever the key', async () => {
    for (const origin of ['https://evil.example', 'https://shop.example.evil.example', 'http://shop.example', 'null']) {
      const answer = await ask('GET', '/consents', { headers: { origin } });
      expect(refused(403, answer).key).toBe('forbidden');
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
      expect((await ask('OPTIONS', '/events', { headers: { origin } })).status).toBe(403);
    }
    const { origin: _, ...without } = { origin: ORIGIN, ...CLIENT };
    refused(403, await service.call('GET', '/client/v1/consents', { key: null, headers: without }));
  });

  test('that are may read answers and errors, after a preflight', async () => {
    for (const origin of [ORIGIN, 'https://other.example']) {
      const preflight = await service.call('OPTIONS', '/client/v1/events', { key: null, headers: { origin } });
      expect(preflight.status).toBe(204);
      expect(Object.fromEntries(preflight.headers)).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'GET, POST, PUT',
        'access-control-allow-headers': expect.stringContaining('X-Client-Token'),
        vary: 'Origin',
      });
      for (const answer of [
        await ask('GET', '/consents', { headers: { origin } }),
        await ask('POST', '/events', { headers: { origin }, body: {} }),
        await ask('GET', '/consents', { headers: { origin, 'x-client-token': '' } }),
      ])
        expect(Object.fromEntries(answer.headers)).toMatchObject({
          'access-control-allow-origin': origin,
          'access-control-expose-headers': expect.stringContaining('Retry-After'),
        });
    }
    const server = await service.call('GET', '/v1/customers', { headers: { origin: ORIGIN } });
    expect(server.headers.get('access-control-allow-origin')).toBeNull();
  });
});

test('one address may call 5 times in 5 seconds, right key or not; others do not notice', async () => {
  const address = '192.0.2.7';
  const statuses: number[] = [];
  for (let calls = 0; calls < 8; calls++) {
    const headers = calls % 2 === 0 ? {} : { 'x-client-token': 'guessed' };
    // what a client says of itself comes before what its proxy saw
    const answer = await ask('GET', '/consents', { address: `10.${calls}.0.1, ${address}`, headers });
    statuses.push(answer.status);
    expect(answer.headers.get('x-rate-limit-limit')).toBe('5');
    expect(answer.headers.get('x-rate-limit-remaining')).toBe(String(Math.max(0, 4 - calls)));
    if (answer.status === 429) expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  }
  expect(statuses).toEqual([200, 401, 200, 401, 200, 429, 429, 429]);
  expect((await ask('GET', '/consents')).status).toBe(200);
});

test('without CLIENT_KEYS every call is refused', async () => {
  const closed = await Service.start();
  const answer = await ask('GET', '/consents', { at: closed }).finally(() => closed.discard());
  expect(answer.status).toBe(403);
});
