import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { OpenApi } from '../support/openapi.js';
import { plainSdk } from '../support/sdk.js';
import { KEYS, Service } from '../support/service.js';

const CALLS_MAX = 20;

let service: Service;
beforeAll(async () => {
  service = await Service.start({ env: { RATE_LIMIT_PER_MINUTE: String(CALLS_MAX) } });
});
afterAll(() => service.discard());

test('a key has so many calls in a minute; the SDK reads what is left', async () => {
  const { write } = KEYS;
  const client = plainSdk(service, write);
  await client.customers.create({ source_id: 'limited' });
  expect(client.apiLimitsHandler.areLimitsAvailable()).toBe(true);
  expect(client.apiLimitsHandler.getRateLimit()).toBe(CALLS_MAX);
  expect(client.apiLimitsHandler.getRateLimitRemaining()).toBe(CALLS_MAX - 1);
  // refused or not, all of them count
  const answers = [];
  for (let calls = 1; calls < CALLS_MAX + 3; calls++)
    answers.push(
      await service.call('GET', calls % 2 === 0 ? '/v1/customers/limited' : '/v1/customers/no', { key: write }),
    );
  const { length } = answers.filter(({ status }) => status !== 429);
  expect(length).toBe(CALLS_MAX - 1);
  const remaining = answers.map(({ headers }) => Number(headers.get('x-rate-limit-remaining')));
  expect(remaining).toEqual(answers.map((_, at) => Math.max(0, CALLS_MAX - 2 - at)));
  const last = answers.at(-1);
  expect([last?.status, last?.body]).toEqual([
    429,
    { code: 429, message: 'Too many requests hit the API too quickly.' },
  ]);
  expect(last?.headers.get('x-rate-limit-type')).toBe('api_calls');
  expect(Number(last?.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(Number(last?.headers.get('x-rate-limit-retry'))).toBeGreaterThan(Date.now() / 1000);
  await expect(client.customers.get('limited')).rejects.toMatchObject({ code: 429 });

  const other = await service.call('GET', '/v1/customers/limited', { key: KEYS.read });
  expect([other.status, other.headers.get('x-rate-limit-remaining')]).toEqual([200, String(CALLS_MAX - 1)]);
  expect((await OpenApi.of(service)).problems('Error', { body: last?.body })).toEqual([]);
});

test('health is not limited, and a caller without its token cannot use up the calls of a key', async () => {
  for (let calls = 0; calls < CALLS_MAX + 5; calls++) {
    expect((await service.call('GET', '/health/live', { key: null })).status).toBe(200);
    const key = { app_id: KEYS.audit.app_id, token: 'guessed' };
    expect((await service.call('GET', '/v1/customers', { key })).status).toBe(401);
  }
  expect((await service.call('GET', '/v1/customers', { key: KEYS.audit })).status).toBe(200);
});

test('without the setting there is neither a limit nor a header', async () => {
  const free = await Service.start();
  const asked = Array.from({ length: CALLS_MAX + 5 }, () => free.call('GET', '/v1/customers?limit=1'));
  const answers = await Promise.all(asked).finally(() => free.discard());
  for (const { status, headers } of answers) expect([status, headers.get('x-rate-limit-limit')]).toEqual([200, null]);
});
