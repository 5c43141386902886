import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ended } from '../support/async-action.js';
import { OpenApi } from '../support/openapi.js';
import { sdk } from '../support/sdk.js';
import { KEYS, Service } from '../support/service.js';

let service: Service;
let openapi: OpenApi;
let client: ReturnType<typeof sdk>;

beforeAll(async () => {
  service = await Service.start();
  openapi = await OpenApi.of(service);
  client = sdk(service, openapi);
});

afterAll(() => service.discard());

const bulk = (body: unknown, options: object = {}) =>
  service.call('POST', '/v1/customers/bulk/async', { body, ...options });
const metadata = (body: unknown) => service.call('POST', '/v1/customers/metadata/async', { body });

async function report(url: string): Promise<string> {
  const answer = await fetch(url);
  expect(answer.status).toBe(200);
  return answer.text();
}

describe('customers.updateInBulk of the official SDK', () => {
  test('updates those it finds, creates the others, and reports which', async () => {
    const ada = await service.call('POST', '/v1/customers', { body: { source_id: 'b-ada', name: 'Ada', phone: '1' } });
    const { async_action_id } = await client.customers.updateInBulk([
      { source_id: 'b-ada', name: 'Ada L.', address: { city: 'Turin' }, metadata: { vip: true } },
      { source_id: 'b-bob', name: 'Bob' },
    ]);
    expect(async_action_id).toMatch(/^aa_[0-9a-f]{18}$/);
    const action = await ended(service, async_action_id);
    expect(openapi.problems('AsyncAction', action)).toEqual([]);
    expect(action.body).toMatchObject({
      type: 'CUSTOMERS.BULK_UPDATE',
      status: 'DONE',
      operation_status: 'SUCCESS',
      progress: 100,
      result: { done_count: 2, failed_count: 0, errors: [] },
    });
    expect(await report(action.body.result.reports[0])).toBe(
      'source_id,found,updated,error\nb-ada,true,true,\nb-bob,false,true,\n',
    );
    expect(await client.customers.get('b-ada')).toMatchObject({
      id: ada.body.id,
      name: 'Ada L.',
      phone: '1',
      address: { city: 'Turin' },
      metadata: { vip: true },
    });
    expect(await client.customers.get('b-bob')).toMatchObject({ name: 'Bob' });
  });

  test('asyncActions.get and list; the list is without results, and pages by end_date', async () => {
    const first = await client.customers.updateInBulk([{ source_id: 'b-list' }]);
    const done = await ended(service, first.async_action_id);
    expect(await client.asyncActions.get(first.async_action_id)).toMatchObject({ id: first.async_action_id });
    const list = await service.call('GET', `/v1/async-actions?limit=1&end_date=${done.body.created_at}`);
    expect(openapi.problems('AsyncActionList', list)).toEqual([]);
    expect(list.body.async_actions).toHaveLength(1);
    expect(list.body.async_actions[0]).toMatchObject({ id: first.async_action_id });
    expect(list.body.async_actions[0]).not.toHaveProperty('result');
    expect((await client.asyncActions.list({ limit: 100 })).async_actions.length).toBeGreaterThan(1);
    expect((await service.call('GET', '/v1/async-actions?end_date=2001-01-01')).body).toMatchObject({
      async_actions: [],
      has_more: false,
    });
  });
});

describe('customers.updateMetadataInBulk of the official SDK', () => {
  test('gives all customers the same metadata, once each, and creates the unknown', async () => {
    await service.call('POST', '/v1/customers', { body: { source_id: 'm-1', metadata: { a: 1, test: 123 } } });
    const { async_action_id } = await client.customers.updateMetadataInBulk({
      source_ids: ['m-1', 'm-2', 'm-1'],
      metadata: { test: null, lang: 'en' },
    });
    const { body } = await ended(service, async_action_id);
    expect(body).toMatchObject({ type: 'CUSTOMERS.METADATA_UPDATE', result: { done_count: 2, failed_count: 0 } });
    expect(await client.customers.get('m-1')).toMatchObject({ metadata: { a: 1, test: null, lang: 'en' } });
    expect(await client.customers.get('m-2')).toMatchObject({ metadata: { test: null, lang: 'en' } });
  });
});

describe('Idempotency-Key', () => {
  const under = (key: string) => ({ headers: { 'idempotency-key': key } });
  const actions = async () => (await service.call('GET', '/v1/async-actions?limit=100')).body.async_actions.length;

  test('the same update again is the same action, also while it is under way', async () => {
    const post = () => bulk([{ source_id: 'i-1', name: 'once' }], under('bulk-1'));
    const before = await actions();
    const [first, second, third] = [...(await Promise.all([post(), post()])), await post()];
    expect(first?.body.async_action_id).toMatch(/^aa_/);
    expect([second?.text, third?.text]).toEqual([first?.text, first?.text]);
    expect(await actions()).toBe(before + 1);
    await ended(service, first?.body.async_action_id);
    expect((await post()).text).toBe(first?.text);
    const { body } = await service.call('GET', '/v1/customers/i-1/history', { key: KEYS.audit });
    expect(body.events).toHaveLength(1);
  });

  test('another request under it is refused and leaves nothing', async () => {
    await bulk([{ source_id: 'i-2' }], under('bulk-2'));
    const before = await actions();
    for (const other of [
      await bulk([{ source_id: 'i-3' }], under('bulk-2')),
      await service.call('POST', '/v1/exports', { body: { exported_object: 'customer' }, ...under('bulk-2') }),
      await service.call('POST', '/v1/customers', { body: { source_id: 'i-2' }, ...under('bulk-2') }),
    ])
      expect(other.body).toMatchObject({ code: 422, key: 'idempotency_key_reused' });
    expect(await actions()).toBe(before);
    expect((await bulk([{ source_id: 'i-2', name: 5 }], under('bulk-3'))).status).toBe(400);
    expect((await bulk([{ source_id: 'i-2', name: 'five' }], under('bulk-3'))).status).toBe(202);
  });

  test('updates of metadata, files and exports go by it as well', async () => {
    const body = { source_ids: ['i-4'], metadata: { a: 1 } };
    const update = (metadata: object) =>
      service.call('POST', '/v1/customers/metadata/async', { body: { ...body, metadata }, ...under('metadata-1') });
    expect((await update({ a: 1 })).text).toBe((await update({ a: 1 })).text);
    expect((await update({ a: 2 })).status).toBe(422);

    const upload = async (text: string) => {
      const form = new FormData();
      form.append('file', new Blob([text]), 'a.csv');
      const headers = { 'x-app-id': KEYS.write.app_id, 'x-app-token': KEYS.write.token, 'idempotency-key': 'csv-1' };
      const answer = await fetch(`${service.url}/v1/customers/importCSV`, { method: 'POST', headers, body: form });
      return answer.text();
    };
    // the two forms have different boundaries
    expect(await upload('Source_id\ni-5\n')).toBe(await upload('Source_id\ni-5\n'));
    expect(await upload('Source_id\ni-6\n')).toContain('idempotency_key_reused');

    const ask = () => service.call('POST', '/v1/exports', { body: { exported_object: 'order' }, ...under('export-1') });
    expect((await ask()).text).toBe((await ask()).text);
    expect((await service.call('GET', '/v1/exports')).body.total).toBe(1);
  });
});

describe('refused', () => {
  test.each([
    ['an object', {}, 'invalid_payload', 'Payload must be an array'],
    ['nothing', undefined, 'invalid_payload', 'Payload must be an array'],
    ['no customer', [], 'invalid_payload', 'Payload must not be empty'],
    [
      'no source_id',
      [{ source_id: 'x' }, {}],
      'invalid_payload',
      "Property [1] should have required property 'source_id'",
    ],
    ['a wrong field', [{ source_id: 'x', name: 5 }], 'invalid_payload', 'Property [0].name must be a string'],
    ['no object', [5], 'invalid_payload', 'Property [0] must be an object'],
    [
      'one customer twice',
      [{ source_id: 'x' }, { source_id: 'x' }],
      'duplicate_found',
      'Duplicated customer exists with id x',
    ],
  ])('a bulk update with %s', async (_, body, key, details) => {
    const answer = await bulk(body);
    expect(answer.body).toMatchObject({ key, details });
    expect(openapi.problems('Error', answer)).toEqual([]);
  });

  test.each(['[{"source_id":"x"}', '[{"source_id":"x"]', '[{}}', '[1,]', '[] []', '[,]', '{"a":[]}', 'null', '["\\'])(
    'what is no JSON array: %s',
    async (raw) => {
      const { status, body } = await bulk(undefined, { raw });
      expect([status, body.key]).toEqual([400, 'invalid_payload']);
    },
  );

  test.each([
    ['no metadata', { source_ids: ['a'] }, 'invalid_payload', "Payload should have required property 'metadata'"],
    ['no source_ids', { metadata: {} }, 'invalid_payload', "Payload should have required property 'source_ids'"],
    ['no customer', { source_ids: [], metadata: {} }, 'not_enough_source_ids', 'Specify at least 1 source_id'],
    [
      'an odd source id',
      { source_ids: [5], metadata: {} },
      'invalid_payload',
      'Property .source_ids[0].source_id must be a string',
    ],
  ])('a metadata update with %s', async (_, body, key, details) => {
    expect((await metadata(body)).body).toMatchObject({ code: 400, key, details });
  });

  test('a bulk update over 10 MB, announced or not', async () => {
    const raw = `[{"source_id":"big","description":"${'x'.repeat(10_485_760)}"}]`;
    const answer = await bulk(undefined, { raw });
    expect(answer.body).toEqual({
      statusCode: 413,
      error: 'Request Entity Too Large',
      message: 'Payload content length greater than maximum allowed: 10485760',
    });
    const streamed = await fetch(`${service.url}/v1/customers/bulk/async`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-app-id': KEYS.write.app_id, 'x-app-token': KEYS.write.token },
      body: new Blob([raw]).stream(),
      duplex: 'half',
    });
    expect(streamed.status).toBe(413);
  });

  test('keys that may only read, and reports without a right address', async () => {
    expect((await bulk([{ source_id: 'x' }], { key: KEYS.read })).status).toBe(403);
    const { async_action_id } = (await bulk([{ source_id: 'b-link' }])).body;
    const { body } = await ended(service, async_action_id);
    const [url] = body.result.reports;
    expect((await fetch(url.replace('token=', 'token=x'))).status).toBe(403);
    expect((await fetch(url.replace(/expires=\d/, 'expires=9'))).status).toBe(403);
    expect((await fetch(url.split('?')[0])).status).toBe(403);
  });

  test('an unknown action and a bad date', async () => {
    const unknown = await service.call('GET', '/v1/async-actions/aa_none');
    expect(unknown.body).toMatchObject({
      code: 404,
      key: 'not_found',
      details: 'Cannot find async_action with id aa_none',
      resource_type: 'async_action',
    });
    const { body } = await service.call('GET', '/v1/async-actions?end_date=soon');
    expect(body).toMatchObject({
      key: 'invalid_query_params',
      details: 'Property .end_date cannot be recognized as a ISO-8601 compliant date',
    });
  });
});
