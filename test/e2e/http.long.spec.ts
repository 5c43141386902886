import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fact } from '../support/facts.js';
import { KEYS, Service } from '../support/service.js';

let service: Service;

beforeAll(async () => {
  service = await Service.start();
});

afterAll(async () => {
  await service.discard();
});

const REQUEST_ID = /^v-[0-9a-f]{18}$/;

describe('keys and roles', () => {
  test.each([
    '/v1/customers',
    '/v1/customers/x',
    '/metrics',
    '/openapi.json',
    '/docs',
    '/v1/facts/schemas',
    '/nowhere',
  ])('%s is closed without a key', async (path) => {
    const { status, body } = await service.call('GET', path, { key: null });
    expect([status, body.key, body.code]).toEqual([401, 'unauthorized', 401]);
  });

  test('a key does what its role allows and no more', async () => {
    const body = { source_id: 'roles-1' };
    expect((await service.call('POST', '/v1/customers', { key: KEYS.read, body })).body).toMatchObject({
      code: 403,
      key: 'missing_required_permission',
    });
    expect((await service.call('POST', '/v1/customers', { key: KEYS.ingest, body })).status).toBe(403);
    expect((await service.call('POST', '/v1/customers', { key: KEYS.write, body })).status).toBe(200);
    expect((await service.call('GET', '/v1/customers/roles-1', { key: KEYS.write })).status).toBe(200);
    expect((await service.facts([], KEYS.write)).status).toBe(403);
    expect((await service.call('GET', '/v1/customers', { key: { ...KEYS.read, token: 'wrong' } })).status).toBe(401);
  });

  test('HTTP Basic works as well, for browsers and Prometheus', async () => {
    const basic = Buffer.from(`${KEYS.read.app_id}:${KEYS.read.token}`).toString('base64');
    expect(
      (await service.call('GET', '/metrics', { key: null, headers: { authorization: `Basic ${basic}` } })).text,
    ).toContain('ledger_projector_lag_seconds');
  });
});

describe('errors in the contract’s form', () => {
  test('malformed JSON, unknown route, unknown method, bad percent-encoding', async () => {
    expect((await service.call('POST', '/v1/customers', { raw: '{"a":' })).body).toMatchObject({
      code: 400,
      key: 'invalid_payload',
      request_id: expect.stringMatching(REQUEST_ID),
    });
    expect((await service.call('GET', '/v1/nowhere')).body).toMatchObject({
      code: 404,
      key: 'not_found',
      request_id: expect.stringMatching(REQUEST_ID),
    });
    expect((await service.call('PATCH', '/v1/customers/x')).body).toMatchObject({ code: 404, key: 'not_found' });
    expect((await service.call('GET', '/v1/customers/%zz')).body).toMatchObject({ code: 400 });
  });

  test('DELETE with a JSON content type and no body is fine', async () => {
    await service.call('POST', '/v1/customers', { body: { source_id: 'http-delete' } });
    const { status, text } = await service.call('DELETE', '/v1/customers/http-delete', {
      headers: { 'content-type': 'application/json' },
    });
    expect([status, text]).toEqual([204, '']);
  });

  test('a body in another encoding is refused, not kept as another name', async () => {
    const latin = (json: string) => new Uint8Array(Buffer.from(json, 'latin1'));
    const headers = {
      'x-app-id': KEYS.write.app_id,
      'x-app-token': KEYS.write.token,
      'content-type': 'application/json',
    };
    for (const [path, json] of [
      ['customers', '{"name":"Jos\xe9"}'],
      ['customers/bulk/async', '[{"source_id":"latin","name":"Jos\xe9"}]'],
      ['customers/metadata/async', '{"source_ids":["latin"],"metadata":{"name":"Jos\xe9"}}'],
    ] as const) {
      const answer = await fetch(`${service.url}/v1/${path}`, { method: 'POST', headers, body: latin(json) });
      expect(await answer.json()).toMatchObject({
        code: 400,
        key: 'invalid_payload',
        details: 'The body is not UTF-8',
      });
    }
  });

  test('every problem of a body is named', async () => {
    const { body } = await service.call('POST', '/v1/customers', {
      body: { name: 1, email: [], metadata: [1], birthdate: '2021-02-30' },
    });
    expect(body).toMatchObject({ code: 400, key: 'invalid_payload' });
    for (const field of ['name', 'email', 'metadata', 'birthdate']) expect(body.details).toContain(`.${field} `);
  });

  test.each([
    'limit=0',
    'limit=101',
    'page=100',
    'page=x',
    'order=name',
    'created_at[before]=yesterday',
    'starting_after=soon',
    'created_at[since]=2024-01-01',
  ])('GET /v1/customers?%s is refused', async (query) => {
    expect((await service.call('GET', `/v1/customers?${query}`)).body).toMatchObject({
      code: 400,
      key: 'invalid_query_params',
    });
  });

  test('a query of more parameters than are read is refused, not cut short', async () => {
    const { body } = await service.call('GET', `/v1/customers?${'a=1&'.repeat(250)}limit=1`);
    expect(body).toMatchObject({ key: 'invalid_query_params', details: 'There are more than 250 parameters' });
  });
});

describe('revisions', () => {
  test('ETag and If-Match keep two writers from overwriting each other', async () => {
    const created = await service.call('POST', '/v1/customers', { body: { source_id: 'etag-1', name: 'a' } });
    const etag = created.headers.get('etag') ?? '';
    expect((await service.call('GET', '/v1/customers/etag-1')).headers.get('etag')).toBe(etag);
    expect((await service.call('GET', '/v1/customers/etag-1', { headers: { 'if-none-match': etag } })).status).toBe(
      304,
    );
    const won = await service.call('PUT', '/v1/customers/etag-1', {
      body: { name: 'b' },
      headers: { 'if-match': etag },
    });
    expect(won.status).toBe(200);
    const lost = await service.call('PUT', '/v1/customers/etag-1', {
      body: { name: 'c' },
      headers: { 'if-match': etag },
    });
    expect([lost.status, lost.body.key]).toEqual([412, 'precondition_failed']);
    expect((await service.call('GET', '/v1/customers/etag-1')).body.name).toBe('b');
    expect((await service.call('GET', '/v1/customers/etag-1', { headers: { 'if-none-match': etag } })).status).toBe(
      200,
    );
  });
});

describe('positions', () => {
  test('a write tells its position and another key can wait for it', async () => {
    const { headers } = await service.call('POST', '/v1/customers', { key: KEYS.write, body: { source_id: 'pos-1' } });
    const position = headers.get('x-ledger-position') ?? '';
    expect(position).toMatch(/^\d+$/);
    expect(
      (
        await service.call('GET', '/v1/customers/pos-1', {
          key: KEYS.read,
          headers: { 'x-ledger-min-position': position },
        })
      ).status,
    ).toBe(200);
  });

  test('a position beyond the end of the history is refused at once', async () => {
    const { status, body } = await service.call('GET', '/v1/customers', {
      headers: { 'x-ledger-min-position': '999999999' },
    });
    expect([status, body.key]).toEqual([400, 'invalid_query_params']);
    expect(body.details).toBe('X-Ledger-Min-Position lies beyond the end of the history');
  });

  test('a position that does not come in time is a 503 with Retry-After, not a stale answer', async () => {
    const impatient = await Service.start({ env: { READ_WAIT_MS: '0' } });
    const many = Array.from({ length: 2_000 }, (_, n) =>
      fact('customer.created', '2024-01-01T00:00:00Z', { source_id: `late-${n}` }),
    );
    const position = (await impatient.facts(many)).headers.get('x-ledger-position') ?? '';
    const { status, headers, body } = await impatient.call('GET', '/v1/customers', {
      headers: { 'x-ledger-min-position': position },
    });
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 503, '1']);
    await impatient.discard();
  });

  test('write, then read: 200 times in a row, nothing special sent', async () => {
    for (let n = 0; n < 200; n++) {
      await service.call('POST', '/v1/customers', { body: { source_id: 'ryw', name: `n${n}` } });
      expect((await service.call('GET', '/v1/customers/ryw')).body.name).toBe(`n${n}`);
    }
  });
});

describe('Idempotency-Key', () => {
  test('a repeated request is done once and answered alike', async () => {
    const post = () =>
      service.call('POST', '/v1/customers', { body: { name: 'once' }, headers: { 'idempotency-key': 'k-1' } });
    const [first, second, third] = [...(await Promise.all([post(), post()])), await post()];
    expect(first?.status).toBe(200);
    expect(second?.text).toBe(first?.text);
    expect(third?.text).toBe(first?.text);
    expect(third?.headers.get('etag')).toBe(first?.headers.get('etag'));
    expect((await service.call('GET', '/v1/customers?name=once')).body.total).toBe(1);
  });

  test('the answer of then, also when the customer has changed since; also a deletion', async () => {
    const post = () =>
      service.call('POST', '/v1/customers', {
        body: { source_id: 'idem-2', name: 'then' },
        headers: { 'idempotency-key': 'k-2' },
      });
    const first = await post();
    await service.call('PUT', '/v1/customers/idem-2', { body: { name: 'now' } });
    expect((await post()).text).toBe(first.text);
    const remove = () => service.call('DELETE', '/v1/customers/idem-2', { headers: { 'idempotency-key': 'k-3' } });
    expect((await remove()).status).toBe(204);
    expect((await remove()).status).toBe(204);
    expect((await service.call('GET', '/v1/customers/idem-2')).status).toBe(404);
  });

  test('a key is not reused for another request, and keys of other callers do not matter', async () => {
    const headers = { 'idempotency-key': 'k-4' };
    await service.call('POST', '/v1/customers', { body: { source_id: 'idem-4' }, headers });
    expect(
      (await service.call('POST', '/v1/customers', { body: { source_id: 'idem-5' }, headers })).body,
    ).toMatchObject({ code: 422, key: 'idempotency_key_reused' });
    expect(
      (await service.call('POST', '/v1/customers', { key: KEYS.write, body: { source_id: 'idem-5' }, headers })).status,
    ).toBe(200);
  });
});

describe('the list', () => {
  test('a segment that does not exist has no customers', async () => {
    const { body } = await service.call('GET', '/v1/customers?segment_id=seg_1');
    expect(body).toMatchObject({ code: 404, resource_id: 'seg_1', resource_type: 'segment' });
  });

  test('an activity cursor that names nothing is a 400', async () => {
    await service.call('POST', '/v1/customers', { body: { source_id: 'cursor-1' } });
    const { body } = await service.call('GET', '/v1/customers/cursor-1/activity?starting_after_id=nothing');
    expect(body).toMatchObject({ code: 400, key: 'invalid_query_params' });
  });
});

describe('operations', () => {
  test('health needs no key; ready says why not', async () => {
    expect((await service.call('GET', '/health/live', { key: null })).body).toEqual({ status: 'ok' });
    expect((await service.call('GET', '/health/ready', { key: null })).body).toEqual({ status: 'ok' });
  });

  test('/openapi.json names every route with its role, /docs shows it without scripts', async () => {
    const { body } = await service.call('GET', '/openapi.json');
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining([
        '/v1/customers',
        '/v1/customers/{ref}',
        '/v1/customers/{ref}/activity',
        '/v1/facts',
        '/health/ready',
      ]),
    );
    expect(body.paths['/v1/customers'].get.parameters.map((one: { name: string }) => one.name)).toEqual(
      expect.arrayContaining(['limit', 'page', 'created_at', 'starting_after', 'segment_id']),
    );
    const page = await service.call('GET', '/docs');
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.text).toContain('/v1/customers/{ref}');
    expect(page.text).not.toContain('<script');
    // what an answer looks like is one step away
    for (const [, name] of page.text.matchAll(/href="#(\w+)"/g)) expect(page.text).toContain(`id="${name}"`);
    expect(page.text).toMatch(/<code>200<\/code>[^#]*<a href="#CustomerList">/);
  });

  test('a customer under any id can be changed and deleted by it', async () => {
    const customer = {
      specversion: '1.0',
      id: 'legacy',
      source: '/tests',
      type: 'customer.created',
      time: '2024-05-01T10:00:00Z',
      data: { id: 'legacy-1' },
    };
    expect((await service.facts([customer])).body.accepted).toBe(1);
    expect((await service.call('PUT', '/v1/customers/legacy-1', { body: { name: 'Old' } })).body).toMatchObject({
      id: 'legacy-1',
      name: 'Old',
    });
    expect((await service.call('DELETE', '/v1/customers/legacy-1')).status).toBe(204);
  });
});
