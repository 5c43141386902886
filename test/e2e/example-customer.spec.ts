import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Service } from '../support/service.js';
import { eventually } from '../support/wait.js';

// The customer that the vendor's public API reference shows; the facts that lead to it are ours.
const read = (name: string): unknown => JSON.parse(readFileSync(join(import.meta.dirname, name), 'utf8')) as unknown;
const example = read('example-customer.json') as Record<string, unknown>;
const facts = read('example-customer.facts.json') as object[];
const COCKPIT = 'https://dev.cockpits.voucherify.io/customers';

let service: Service;

beforeAll(async () => {
  service = await Service.start({ env: { COCKPIT_URL: COCKPIT } });
});

afterAll(async () => {
  await service.discard();
});

test('the example customer comes out of its facts, field by field', async () => {
  const { body } = await service.facts(facts);
  expect(body.rejected).toBe(0);
  await eventually(async () => {
    const { body: customer } = await service.call('GET', '/v1/customers/trackcust5432');
    expect(comparable(customer)).toEqual(comparable(example));
  });
});

test('the same facts once more, backwards, change nothing', async () => {
  const before = await service.call('GET', '/v1/customers/trackcust5432');
  const { body } = await service.facts([...facts].reverse());
  expect(body).toMatchObject({ accepted: 0, duplicate: facts.length, rejected: 0 });
  const after = await service.call('GET', '/v1/customers/trackcust5432');
  expect(comparable(after.body)).toEqual(comparable(before.body));
});

/** Without `updated_at` and the token, and with every instant in one precision. */
function comparable(customer: Record<string, unknown>): unknown {
  const { updated_at: _, assets, ...rest } = customer;
  const { cockpit_url } = assets as { cockpit_url: string };
  return JSON.parse(
    JSON.stringify({ ...rest, assets: cockpit_url.replace(/token=.*/, 'token=') }),
    (_key, value: unknown) =>
      typeof value === 'string' && /^\d{4}-\d\d-\d\dT.*Z$/.test(value) ? new Date(value).toISOString() : value,
  );
}
