import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { OpenApi } from '../support/openapi.js';
import { type Answer, KEYS, Service } from '../support/service.js';

let service: Service;
let openapi: OpenApi;
let id: string;

const read = (path: string, key: (typeof KEYS)[keyof typeof KEYS] = KEYS.audit): Promise<Answer> =>
  service.call('GET', path, { key });
const accesses = async (query = ''): Promise<Answer> => read(`/v1/access-log?order=revision&${query}`, KEYS.admin);

beforeAll(async () => {
  service = await Service.start();
  openapi = await OpenApi.of(service);
  const { body } = await service.call('POST', '/v1/customers', { body: { source_id: 'ada', name: 'Ada' } });
  id = body.id as string;
});

afterAll(async () => {
  await service.discard();
});

test('every read of a personal history is there once it is answered: who, when, whom, which call', async () => {
  const calls: readonly [path: string, call: string, query: object][] = [
    ['ada/history?type=CustomerCreated', 'GET /v1/customers/:ref/history', { type: 'CustomerCreated' }],
    [`${id}?as_of=revision:0`, 'GET /v1/customers/:ref', { as_of: 'revision:0' }],
    ['ada?happened_as_of=2999-01-01', 'GET /v1/customers/:ref', { happened_as_of: '2999-01-01' }],
    ['ada/diff?from=revision:0', 'GET /v1/customers/:ref/diff', { from: 'revision:0' }],
    ['ada/explain?path=name', 'GET /v1/customers/:ref/explain', { path: 'name' }],
    ['ada/bundle?with_key=true', 'GET /v1/customers/:ref/bundle', { with_key: 'true' }],
  ];
  for (const [path] of calls) expect((await read(`/v1/customers/${path}`)).status).toBe(200);
  const answer = await accesses();
  expect(openapi.problems('AccessLog', answer)).toEqual([]);
  expect(
    (answer.body.accesses as { customer_id: string; call: string; query: object; actor: object }[]).map(
      ({ customer_id, call, query, actor }) => [customer_id, call, query, actor],
    ),
  ).toEqual(calls.map(([, call, query]) => [id, call, query, { channel: 'API', key: KEYS.audit.app_id }]));
});

test('reading the present, checking the chain and asking about an unknown customer leave no trace', async () => {
  const before = (await accesses('limit=1000')).body.accesses.length as number;
  for (const path of ['ada', 'ada/verify', 'unknown/history']) await read(`/v1/customers/${path}`);
  expect((await accesses('limit=1000')).body.accesses).toHaveLength(before);
});

test('is for the role admin, in pages and in whole, and its chain holds', async () => {
  for (const path of ['/v1/access-log', '/v1/access-log/verify']) expect((await read(path)).status).toBe(403);
  const first = await accesses('limit=4');
  const rest = await accesses(`limit=4&starting_after=${first.body.more_starting_after as string}`);
  expect([first.body.has_more, first.body.accesses.length, rest.body.has_more, rest.body.accesses.length]).toEqual([
    true,
    4,
    false,
    2,
  ]);
  const whole = await service.call('GET', '/v1/access-log?order=revision', {
    key: KEYS.admin,
    headers: { accept: 'application/x-ndjson' },
  });
  const lines = whole.text.trim().split('\n');
  expect(lines.map((line) => JSON.parse(line) as object)).toEqual([...first.body.accesses, ...rest.body.accesses]);
  const verdict = await read('/v1/access-log/verify', KEYS.admin);
  expect(openapi.problems('Verification', verdict)).toEqual([]);
  expect(verdict.body).toMatchObject({ valid: true, events: 6 });
});
