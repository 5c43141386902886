import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { ended } from '../support/async-action.js';
import { fact } from '../support/facts.js';
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

afterEach(() => service.call('DELETE', '/v1/metadata-schemas/customer'));
afterAll(() => service.discard());

const set = (body: object, resource = 'customer') => service.call('PUT', `/v1/metadata-schemas/${resource}`, { body });
const write = async (metadata: object): Promise<string> => {
  const { status, body } = await service.call('POST', '/v1/customers', { body: { source_id: 'ms', metadata } });
  return status === 200 ? 'taken' : `${body.key}: ${body.details}`;
};

test('metadataSchemas.list and get of the official SDK', async () => {
  const put = await set({ properties: { tier: { type: 'string' } } });
  expect(openapi.problems('MetadataSchema', put)).toEqual([]);
  expect(put.body).toMatchObject({
    related_object: 'customer',
    properties: { tier: { type: 'string', array: false, optional: true } },
    allow_defined_only: false,
    object: 'metadata_schema',
  });
  expect(await client.metadataSchemas.get('customer')).toEqual(put.body);
  expect(await client.metadataSchemas.list()).toEqual({
    object: 'list',
    data_ref: 'schemas',
    total: 1,
    schemas: [put.body],
  });
  await expect(client.metadataSchemas.get('order')).rejects.toMatchObject({ code: 404, key: 'not_found' });
});

describe('metadata of each type', () => {
  test.each<[string, unknown[], unknown[]]>([
    ['string', ['a', ''], [1, true, ['a'], {}]],
    ['number', [0, -1.5], ['1', true, [1]]],
    ['boolean', [true, false], ['true', 0]],
    ['date', ['2024-02-29'], ['2024-02-30', '2024-01-01T00:00:00Z', 'soon']],
    ['datetime', ['2024-01-01T00:00:00Z'], ['soon', 5, '9999-12-31T23:59:59.999-12:00']],
    ['image_url', ['https://example.test/a.png'], ['a.png', 'javascript:alert(1)']],
    ['object', [{ a: 1 }], ['{}', [], 1]],
    ['geopoint', ['52.2,21.0', { lat: 1, lng: -2 }], ['91,0', { lat: 1 }, 'here']],
  ])('%s', async (type, good, bad) => {
    await set({ properties: { key: { type }, list: { type, array: true } } });
    for (const value of [...good, null]) expect(await write({ key: value })).toBe('taken');
    for (const value of bad) expect(await write({ key: value })).toMatch(/^metadata_validation_failed: key: must be /);
    expect(await write({ list: good })).toBe('taken');
    expect(await write({ list: bad })).toMatch(/^metadata_validation_failed: list: must be /);
    expect(await write({ list: good[0] })).toMatch(/^metadata_validation_failed: list: must be an array/);
  });
});

test('keys that are not defined, null where that may not be, and nested schemas', async () => {
  await set({ properties: { size: { type: 'number' } } }, 'shoe');
  await set({
    properties: { name: { type: 'string', optional: false }, shoe: { type: 'object', objectType: 'shoe' } },
  });
  expect(await write({ other: [1] })).toBe('taken');
  expect(await write({ name: null })).toBe('metadata_validation_failed: name: must not be null');
  expect(await write({ shoe: { size: 'big' } })).toBe(
    "metadata_validation_failed: shoe.size: must be a number (actual value is 'big')",
  );
  await set({ properties: { name: { type: 'string' } }, allow_defined_only: true });
  expect(await write({ name: 'x', other: 1 })).toBe('metadata_validation_failed: other: is not defined in the schema');
  expect(await write({ name: 'x' })).toBe('taken');
});

test('customers who are described in orders, events and imports of orders are held to it, facts are not', async () => {
  await set({ properties: { age: { type: 'number' } } });
  const [bad, good] = ['old', 42].map((age) => ({ source_id: 'inline', metadata: { age } }));
  const post = async (path: string, body: unknown): Promise<unknown> =>
    (await service.call('POST', path, { body })).body.key;
  for (const [path, body] of [
    ['/v1/orders', { customer: bad }],
    ['/v1/orders', { customer: good, referrer: bad }],
    ['/v1/events', { event: 'seen', customer: bad }],
    ['/v1/orders/import', [{ customer: good }, { customer: bad }]],
  ] as const)
    expect(await post(path, body)).toBe('metadata_validation_failed');
  await set({ properties: { gift: { type: 'boolean' } } }, 'order');
  expect(await post('/v1/orders/import', [{ customer: good, metadata: { gift: 'yes' } }])).toBe(
    'metadata_validation_failed',
  );
  expect((await service.call('GET', '/v1/customers/inline')).status).toBe(404);
  expect(await post('/v1/orders', { customer: good, metadata: { gift: true } })).toBeUndefined();
  await service.call('DELETE', '/v1/metadata-schemas/order');
  const told = fact('customer.updated', '2026-01-01T00:00:00Z', { source_id: 'inline', metadata: { age: 'old' } });
  expect((await service.facts([told])).body).toMatchObject({ rejected: 0 });
});

test('bulk updates are refused, rows of a CSV file are read by type and fail alone', async () => {
  await set({
    properties: { age: { type: 'number' }, vip: { type: 'boolean' }, tags: { type: 'string', array: true } },
  });
  const rejected = { code: 400, key: 'metadata_validation_failed' };
  const bulk = [{ source_id: 'b' }, { source_id: 'c', metadata: { age: 'old' } }];
  expect((await service.call('POST', '/v1/customers/bulk/async', { body: bulk })).body).toMatchObject(rejected);
  const many = { source_ids: ['b'], metadata: { age: 'old' } };
  expect((await service.call('POST', '/v1/customers/metadata/async', { body: many })).body).toMatchObject(rejected);
  expect((await service.call('PUT', '/v1/customers/ms', { body: { metadata: { vip: 1 } } })).body).toMatchObject(
    rejected,
  );

  const form = new FormData();
  const text =
    'Source_id,age,vip,tags,free\nt-1,42,true,"a, b",7\nt-2,old,,,\nt-3,null,FALSE,,true\nt-4,9007199254740993,,,\n';
  form.append('file', new Blob([text]), 'customers.csv');
  const headers = { 'x-app-id': KEYS.admin.app_id, 'x-app-token': KEYS.admin.token };
  const answer = await fetch(`${service.url}/v1/customers/importCSV`, { method: 'POST', headers, body: form });
  const { async_action_id } = (await answer.json()) as { async_action_id: string };
  expect((await ended(service, async_action_id)).body.result).toMatchObject({
    done_count: 2,
    failed: [
      { source_id: 't-2', row: 2, reason: "age: must be a number (actual value is 'old')" },
      { source_id: 't-4', row: 4, reason: 'Property .metadata must hold numbers from -(2^53 - 1) to 2^53 - 1 only' },
    ],
  });
  expect((await service.call('GET', '/v1/customers/t-1')).body.metadata).toEqual({
    age: 42,
    vip: true,
    tags: ['a', 'b'],
    free: '7',
  });
  expect((await service.call('GET', '/v1/customers/t-3')).body.metadata).toEqual({
    age: null,
    vip: false,
    free: 'true',
  });
});

test('orders have a schema of their own', async () => {
  await set({ properties: { gift: { type: 'boolean' } } }, 'order');
  const place = (gift: unknown) =>
    service.call('POST', '/v1/orders', { body: { amount: 5, customer: { source_id: 'ms' }, metadata: { gift } } });
  expect((await place('yes')).body).toMatchObject({ code: 400, key: 'metadata_validation_failed' });
  expect((await place(true)).status).toBe(200);
});

test('schemas that are none, and keys that may not set them', async () => {
  const refused = async (body: object) => {
    const answer = await set(body);
    expect(answer.body).toMatchObject({ code: 400, key: 'invalid_payload' });
  };
  await refused({});
  await refused({ properties: { a: { type: 'text' } } });
  await refused({ properties: { a: 'string' } });
  await refused({ properties: { a: { type: 'string', array: 'yes' } } });
  await refused({ properties: { a: { type: 'string', objectType: 'b' } } });
  await refused({
    properties: Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`k${n}`, { type: 'string' }])),
  });
  const asWriter = { key: KEYS.write, body: { properties: {} } };
  expect((await service.call('PUT', '/v1/metadata-schemas/customer', asWriter)).status).toBe(403);
  expect((await set({ properties: {} }, 'no%20name')).status).toBe(400);
});
