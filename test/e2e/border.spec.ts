import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ALL_ROUTES, generatedDocuments } from '../documents/generated.js';
import { OpenApi } from '../support/openapi.js';
import { type Answer, KEYS, Service } from '../support/service.js';

let service: Service;
let api: OpenApi;

beforeAll(async () => {
  service = await Service.start({
    env: { ...ALL_ROUTES, CLIENT_KEYS: 'c:t', CLIENT_ORIGINS: 'https://shop.example' },
  });
  api = await OpenApi.of(service);
});
afterAll(() => service.discard());

const basic = `Basic ${Buffer.from(`${KEYS.admin.app_id}:${KEYS.admin.token}`).toString('base64')}`;

/** The answer to bytes that are sent as they are. */
async function said(bytes: string): Promise<{ status: number; body: Answer['body'] }> {
  const { hostname, port } = new URL(service.url);
  const socket = connect(Number(port), hostname);
  socket.write(bytes);
  const answer = await text(socket);
  return { status: Number(answer.split(' ')[1]), body: JSON.parse(answer.split('\r\n\r\n')[1] ?? '') };
}

test('the committed descriptions are those that the service makes', async () => {
  const isCommitted = (path: string, document: object): boolean =>
    isDeepStrictEqual(JSON.parse(readFileSync(path, 'utf8')), JSON.parse(JSON.stringify(document)));
  const outdated = Object.entries(await generatedDocuments(service))
    .filter(([path, document]) => !isCommitted(path, document))
    .map(([path]) => `${path} is out of date: \`npm run docs\` writes it`);
  expect(outdated).toEqual([]);
});

test('what is not HTTP, or too much of it, is refused in the contract’s form', async () => {
  const twoLengths = 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\n\r\n';
  for (const [bytes, status] of [
    ['hello\r\n\r\n', 400],
    [`POST /v1/customers HTTP/1.1\r\nHost: x\r\n${twoLengths}`, 400],
    ['GET /v1/customers HTTP/1.1\r\nHost: x\r\nX-Split: a\rb\r\n\r\n', 400],
    [`GET /v1/customers?name=${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
  ] as const) {
    const answer = await said(bytes);
    expect(answer.status).toBe(status);
    expect(api.problems('Error', answer)).toEqual([]);
  }
});

test('an id that is too long for an address is told so', async () => {
  const { status, body } = await service.call('GET', `/v1/customers/${'a'.repeat(5_000)}`);
  expect([status, body.details]).toEqual([400, expect.stringContaining('too long')]);
});

test('no cache keeps what a key was told', async () => {
  await service.call('POST', '/v1/customers', { body: { source_id: 'kept', name: 'Ada' } });
  for (const path of ['/v1/customers/kept', '/v1/customers', '/v1/customers/unknown', '/docs', '/v1/exports/x/file'])
    expect(Object.fromEntries((await service.call('GET', path)).headers)).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
});

test('a page elsewhere makes a browser that knows a key by Basic change nothing', async () => {
  await service.call('POST', '/v1/customers', { body: { source_id: 'target', name: 'Ada' } });
  const ask = async (
    headers: Record<string, string>,
    method = 'POST',
    path = '/v1/customers/target/permanent-deletion',
  ) => (await service.call(method, path, { key: null, headers: { authorization: basic, ...headers } })).status;
  for (const headers of [
    { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
    { 'sec-fetch-site': 'same-site', origin: 'https://evil.ledger.example' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
  ])
    expect(await ask(headers)).toBe(401);
  // a link to the documentation is nothing bad, and programs are no browsers
  expect(await ask({ 'sec-fetch-site': 'cross-site' }, 'GET', '/docs')).toBe(200);
  expect(await ask({})).toBe(200);
});

test('a form of another site is refused by its type, with and without a body', async () => {
  const path = '/v1/customers/target/permanent-deletion';
  for (const type of [
    'text/plain',
    'Text/Plain; charset=utf-8',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
  ]) {
    const headers = { 'content-type': type };
    expect(await service.call('POST', path, { headers })).toMatchObject({ status: 415 });
    expect(await service.call('POST', path, { headers, raw: 'a=b' })).toMatchObject({ status: 415 });
    // the key is asked first
    expect(await service.call('POST', path, { headers, key: null })).toMatchObject({ status: 401 });
  }
  // the SDK sends a content type with DELETE and no body
  const json = { 'content-type': 'application/json' };
  expect((await service.call('DELETE', '/v1/customers/target-2', { headers: json })).status).toBe(404);
});

test('a caller without a key, or with a public one, sends little', async () => {
  const raw = JSON.stringify({ event: 'seen', customer: { source_id: 'x' }, metadata: { x: 'a'.repeat(70_000) } });
  const client = { origin: 'https://shop.example', 'x-client-application-id': 'c', 'x-client-token': 't' };
  expect((await service.call('POST', '/client/v1/events', { key: null, raw, headers: client })).status).toBe(413);
  expect((await service.call('POST', '/cockpit?token=x', { key: null, raw })).status).toBe(413);
  expect((await service.call('POST', '/v1/customers', { raw })).status).toBe(400);
});
