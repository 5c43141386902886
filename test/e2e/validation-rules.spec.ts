import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fact } from '../support/facts.js';
import { OpenApi } from '../support/openapi.js';
import { type Answer, KEYS, Service } from '../support/service.js';

let service: Service;
let openapi: OpenApi;
let segment: string;
let rules: string;

const call = (method: string, path: string, body?: object): Promise<Answer> =>
  service.call(method, `/v1${path}`, body === undefined ? {} : { body });
const check = async (body: object): Promise<Answer> => {
  const answer = await call('POST', `/validation-rules/${rules}/check`, body);
  if (answer.status === 200) expect(openapi.problems('ValidationCheck', answer)).toEqual([]);
  return answer;
};

beforeAll(async () => {
  service = await Service.start();
  openapi = await OpenApi.of(service);
  await call('POST', '/customers', { source_id: 'ada', metadata: { vip: true } });
  await call('POST', '/customers', { source_id: 'bob' });
  const filter = { junction: 'and', 'summary.orders.total_amount': { conditions: { $more_than: 1_000 } } };
  segment = (await call('POST', '/segments', { name: 'Spenders', filter })).body.id as string;
  const created = await call('POST', '/validation-rules', {
    name: 'For spenders or VIPs, three times',
    rules: {
      '1': {
        name: 'customer.segment',
        conditions: { $is: [segment] },
        rules: {},
        error: { message: 'Spend more first' },
      },
      '2': { name: 'customer.metadata', property: 'vip', conditions: { $is: [true] }, rules: {} },
      '3': {
        name: 'redemption.count.per_customer',
        conditions: { $less_than: [3] },
        rules: {},
        error: { message: 'Three times only' },
      },
      logic: '(1 or 2) and 3',
    },
    error: { message: 'Not for you' },
  });
  expect(openapi.problems('ValidationRules', created)).toEqual([]);
  rules = created.body.id as string;
});
afterAll(() => service.discard());

test('a customer is checked as it stands, at once after what made the difference', async () => {
  expect((await check({ customer: { source_id: 'ada' } })).body).toMatchObject({
    valid: true,
    error: null,
    rules: { '1': { valid: false }, '2': { valid: true } },
  });
  expect((await check({ customer: { source_id: 'bob' } })).body).toMatchObject({
    valid: false,
    error: { message: 'Spend more first' },
  });
  const order = fact('order.paid', '2026-01-10T10:00:00Z', {
    id: 'o1',
    amount: 2_000,
    status: 'PAID',
    customer: { source_id: 'bob' },
  });
  await service.facts([order], KEYS.admin);
  expect((await check({ customer: { source_id: 'bob' } })).body).toMatchObject({ valid: true });
  await service.facts(
    ['r1', 'r2', 'r3'].map((id) =>
      fact('redemption.succeeded', '2026-01-10T10:00:00Z', { id, result: 'SUCCESS', customer: { source_id: 'bob' } }),
    ),
    KEYS.admin,
  );
  expect((await check({ customer: { source_id: 'bob' } })).body).toMatchObject({
    valid: false,
    error: { message: 'Three times only' },
  });
});

test('statements about a customer count and are not kept; an unknown customer is judged by them', async () => {
  expect((await check({ customer: { metadata: { vip: true } } })).body).toMatchObject({ valid: true });
  expect((await check({ customer: { source_id: 'unknown' } })).body).toMatchObject({ valid: false });
  expect((await check({ customer: { source_id: 'ada', metadata: { vip: false } } })).body).toMatchObject({
    valid: false,
  });
  expect((await call('GET', '/customers/ada')).body.metadata).toEqual({ vip: true });
  expect((await call('GET', '/customers/unknown')).status).toBe(404);
});

test('an outcome becomes part of the history when that is asked for', async () => {
  const { body } = await check({ customer: { source_id: 'ada' }, record: true });
  expect(body.recorded).toBe(true);
  const { body: history } = await service.call('GET', '/v1/customers/ada/history?type=ValidationRecorded', {
    key: KEYS.audit,
  });
  expect(history.events.at(-1).data).toMatchObject({ id: body.id, valid: true, metadata: { validation_rules: rules } });
  const activity = await call('GET', '/customers/ada/activity?type=customer.validation.succeeded');
  expect(activity.body.data).toHaveLength(1);
  const unknown = await check({ customer: { source_id: 'unknown' }, record: true });
  expect(unknown.body).toMatchObject({ code: 404 });
  expect((await check({ customer: { name: 'Nobody' }, record: true })).body).toMatchObject({
    code: 400,
    key: 'missing_customer',
  });
  const reader = await service.call('POST', `/v1/validation-rules/${rules}/check`, {
    key: KEYS.read,
    body: { customer: { source_id: 'ada' }, record: true },
  });
  expect(reader.status).toBe(403);
});

test('an outcome that is asked for again under its key is recorded once, and answered with what was recorded', async () => {
  const again = (): Promise<Answer> =>
    service.call('POST', `/v1/validation-rules/${rules}/check`, {
      headers: { 'idempotency-key': 'check-1' },
      body: { customer: { source_id: 'ada' }, record: true },
    });
  const [first, second] = [await again(), await again()];
  expect(second.body).toMatchObject({ id: first.body.id as string, valid: true, recorded: true });
  const { body: history } = await service.call('GET', '/v1/customers/ada/history?type=ValidationRecorded', {
    key: KEYS.audit,
  });
  const recorded = (history.events as { data: { id: string } }[]).filter(({ data }) => data.id === first.body.id);
  expect([recorded, history.events.at(-1).data.id]).toEqual([[expect.anything()], first.body.id]);
});

test('an id wins over a source id, also when no customer has it', async () => {
  const { body } = await check({ customer: { id: 'cust_nobody', source_id: 'ada' } });
  expect(body).toMatchObject({ valid: false, rules: { '2': { valid: false } } });
  expect(body.customer_id).toBeUndefined();
});

test('rules are listed, read, changed and deleted', async () => {
  const list = await call('GET', '/validation-rules');
  expect(openapi.problems('ValidationRulesList', list)).toEqual([]);
  expect(list.body).toMatchObject({ total: 1, data: [{ id: rules }] });
  const changed = await call('PUT', `/validation-rules/${rules}`, { name: 'Other' });
  expect(changed.body).toMatchObject({
    name: 'Other',
    rules: { logic: '(1 or 2) and 3' },
    error: { message: 'Not for you' },
  });
  const cleared = await call('PUT', `/validation-rules/${rules}`, { ...changed.body, error: null });
  expect(cleared.body).toEqual({ ...changed.body, error: null, updated_at: cleared.body.updated_at });
  expect(
    (
      await call('POST', '/validation-rules', {
        name: 'x',
        rules: { '1': { name: 'product.price', conditions: { $is: 1 } } },
      })
    ).body,
  ).toMatchObject({ code: 400, key: 'invalid_payload' });
  expect((await call('DELETE', `/validation-rules/${rules}`)).status).toBe(204);
  for (const [method, path] of [
    ['GET', ''],
    ['PUT', ''],
    ['DELETE', ''],
    ['POST', '/check'],
  ] as const)
    expect(
      (await call(method, `/validation-rules/${rules}${path}`, method === 'GET' ? undefined : { customer: {} })).body,
    ).toMatchObject({ code: 404, resource_type: 'validation_rules' });
});
