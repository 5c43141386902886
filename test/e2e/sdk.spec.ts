import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CustomerObject } from '@voucherify/sdk';
import { OpenApi } from '../support/openapi.js';
import { ANSWERS, partOf, plainSdk, sdk } from '../support/sdk.js';
import { KEYS, Service } from '../support/service.js';

let service: Service;
let client: ReturnType<typeof sdk>;

/** The SDK's types also know the unconfirmed customers of double opt-in, which have no id. */
const create = async (customer: object): Promise<CustomerObject> =>
  (await client.customers.create(customer)) as CustomerObject;

beforeAll(async () => {
  service = await Service.start();
  client = sdk(service, await OpenApi.of(service));
});

afterAll(async () => {
  await service.discard();
});

test('every method that there is one for is held to its schema; the others are written down', () => {
  const methodsOf = (part: object): string[] =>
    Object.getOwnPropertyNames(Object.getPrototypeOf(part)).filter(
      (name) => name !== 'constructor' && name !== 'client',
    );
  const others = {
    // it asks for lists, one after the other
    customers: ['scroll'],
    redemptions: ['redeem', 'redeemStackable', 'rollback', 'rollbackStackable'],
  };
  for (const [name, methods] of Object.entries(ANSWERS)) {
    const known = [...Object.keys(methods), ...(name in others ? others[name as keyof typeof others] : [])];
    expect([name, methodsOf(partOf(client, name)).sort()]).toEqual([name, known.sort()]);
  }
});

describe('client.customers of the official SDK, unchanged', () => {
  test('create, get, update by source_id, get again', async () => {
    const created = await create({
      source_id: 'sdk-1',
      name: 'Ada',
      email: 'ada@example.test',
      metadata: { lang: 'en' },
      address: { city: 'Turin', country: 'Italy' },
    });
    expect(created).toMatchObject({ object: 'customer', source_id: 'sdk-1', name: 'Ada', metadata: { lang: 'en' } });
    expect(created.id).toMatch(/^cust_[A-Za-z0-9]{24}$/);
    expect(created.address).toEqual({ city: 'Turin', country: 'Italy' });
    expect(created.summary.orders).toEqual({
      total_amount: 0,
      total_count: 0,
      average_amount: 0,
      last_order_amount: 0,
    });
    expect(created).not.toHaveProperty('updated_at');

    const updated = await client.customers.update({ source_id: 'sdk-1', name: 'Ada L.', metadata: { vip: true } });
    expect(updated).toMatchObject({
      id: created.id,
      name: 'Ada L.',
      email: 'ada@example.test',
      metadata: { lang: 'en', vip: true },
    });

    expect(await client.customers.get('sdk-1')).toEqual(updated);
    expect(await client.customers.get(created.id)).toEqual(updated);
  });

  test('create again is an upsert that answers 200 with the same customer', async () => {
    const first = await create({ source_id: 'sdk-2', name: 'One' });
    const second = await create({ source_id: 'sdk-2', email: 'two@example.test' });
    expect(second).toMatchObject({ id: first.id, name: 'One', email: 'two@example.test' });
  });

  test('an empty body makes a customer without source_id', async () => {
    const created = await create({});
    expect(created).not.toHaveProperty('source_id');
    expect(await client.customers.get(created.id)).toEqual(created);
  });

  test.each(['a/b c', '%', '100%/?#&=+', 'zażółć 客户 🦊', 'x'.repeat(200), 'cust_lookalike', 'a%2Fb', '__proto__'])(
    'an odd source_id: %s',
    async (source_id) => {
      const created = await create({ source_id, name: 'odd' });
      expect(await client.customers.get(source_id)).toEqual(created);
      const updated = await client.customers.update({ source_id, name: 'odder' });
      expect(updated).toMatchObject({ id: created.id, source_id, name: 'odder' });
      await client.customers.delete(source_id);
      await expect(client.customers.get(source_id)).rejects.toMatchObject({ code: 404, resource_id: source_id });
    },
  );

  test('delete answers nothing, the customer is gone, and the source_id is free', async () => {
    const first = await create({ source_id: 'sdk-delete', name: 'Gone' });
    expect(await client.customers.delete('sdk-delete')).toBe('');
    await expect(client.customers.get('sdk-delete')).rejects.toMatchObject({
      code: 404,
      key: 'not_found',
      message: 'Resource not found',
      details: 'Cannot find customer with id sdk-delete',
      resource_id: 'sdk-delete',
      resource_type: 'customer',
    });
    const again = await create({ source_id: 'sdk-delete' });
    expect(again.id).not.toBe(first.id);
    expect(again).not.toHaveProperty('name');
  });

  test('deletePermanently returns the deletion object, its misspelling included', async () => {
    const { id } = await create({ source_id: 'sdk-forget', email: 'forget@example.test' });
    expect(await client.customers.deletePermanently('sdk-forget')).toMatchObject({
      id: expect.stringMatching(/^del_/),
      related_object_id: id,
      related_object: 'customer',
      status: 'DONE',
      data_json: { customer: 1, orders: 0 },
      object: 'pernament_deletion',
    });
    await expect(client.customers.get(id)).rejects.toMatchObject({ code: 404, message: 'Resource not found' });
  });

  test('updateConsents is seen in system_metadata', async () => {
    const { id } = await create({ source_id: 'sdk-consents' });
    await client.customers.updateConsents(id, { cnst_a: true, cnst_b: false });
    const { system_metadata } = (await client.customers.get(id)) as { system_metadata?: { consents?: object } };
    expect(system_metadata?.consents).toMatchObject({ cnst_a: { value: true }, cnst_b: { value: false } });
    await client.customers.updateConsents(id, { unsubscribed: true });
    const after = (await client.customers.get(id)) as { system_metadata?: { consents?: object } };
    expect(after.system_metadata?.consents).toMatchObject({ cnst_a: { value: false }, unsubscribed: { value: true } });
    await expect(client.customers.updateConsents(id, {})).rejects.toMatchObject({
      code: 400,
      key: 'invalid_payload',
    });
  });

  test('listActivity pages with more_starting_after', async () => {
    const { id } = await create({ source_id: 'sdk-activity', name: 'n0' });
    for (let n = 1; n <= 4; n++) await client.customers.update({ id, name: `n${n}` });
    const first = await client.customers.listActivity(id, { limit: 3 });
    expect(first).toMatchObject({ object: 'list', data_ref: 'data', has_more: true });
    expect(first.data).toHaveLength(3);
    expect(first.data[0]).toMatchObject({
      id: expect.stringMatching(/^evcus_[0-9a-f]{18}$/),
      type: 'customer.updated',
      group_id: expect.stringMatching(/^v-[0-9a-f]{18}$/),
      data: {
        data: { customer: { id, name: 'n4' } },
        event_source: { channel: 'API', api_key: { app_id: KEYS.write.app_id } },
      },
    });
    const rest = await client.customers.listActivity(id, {
      limit: 3,
      starting_after_id: first.more_starting_after,
    } as never);
    expect(rest.data.map((entry) => entry['type'])).toEqual(['customer.updated', 'customer.created']);
    expect(rest.has_more).toBe(false);
    expect(rest).not.toHaveProperty('more_starting_after');
    const old = await client.customers.listActivities(id, { limit: 3 });
    expect(old).toEqual({ object: 'list', data_ref: 'data', data: first.data, total: 5 });
  });

  test('errors carry what the SDK reads', async () => {
    await expect(client.customers.get('unknown')).rejects.toMatchObject({
      code: 404,
      key: 'not_found',
      request_id: expect.stringMatching(/^v-[0-9a-f]{18}$/),
    });
    await expect(client.customers.create({ name: 5 } as never)).rejects.toMatchObject({
      code: 400,
      key: 'invalid_payload',
    });
    await expect(client.customers.create({ id: 'cust_unknown' })).rejects.toMatchObject({ code: 404 });
    await expect(client.customers.update({ id: 'cust_unknown', name: 'x' })).rejects.toMatchObject({ code: 404 });
    await expect(client.customers.delete('unknown')).rejects.toMatchObject({ code: 404 });
    await expect(client.customers.list({ limit: 1000 })).rejects.toMatchObject({
      code: 400,
      key: 'invalid_query_params',
    });
    const stranger = plainSdk(service, { app_id: 'unknown', token: 'nothing' });
    await expect(stranger.customers.get('x')).rejects.toMatchObject({ code: 401, key: 'unauthorized' });
  });
});

describe('client.customers.list and scroll', () => {
  const emails: string[] = [];

  beforeAll(async () => {
    for (let n = 0; n < 25; n++) {
      emails.push(`list-${n}@example.test`);
      await create({
        source_id: `list-${n}`,
        email: `list-${n}@example.test`,
        address: { city: 'Listville' },
        name: `Name ${n % 3}`,
      });
    }
  });

  test('filters, order and paging', async () => {
    const { customers, total } = await client.customers.list({ email: 'LIST-7@example.test' });
    expect(customers.map((one) => one.source_id)).toEqual(['list-7']);
    expect(total).toBe(1);
    const page = await client.customers.list({ city: 'Listville', limit: 10, page: 3 });
    expect(page).toMatchObject({ object: 'list', data_ref: 'customers', total: 25, has_more: false });
    expect(page.customers).toHaveLength(5);
    const byName = await client.customers.list({ name: 'Name 2', city: 'Listville', order: 'source_id' } as never);
    expect(byName.customers.map((one) => one.source_id)).toEqual([
      'list-11',
      'list-14',
      'list-17',
      'list-2',
      'list-20',
      'list-23',
      'list-5',
      'list-8',
    ]);
  });

  test('created_at[before|after] as the SDK encodes them', async () => {
    const [newest] = (await client.customers.list({ limit: 1 })).customers;
    const after = await client.customers.list({ created_at: { after: newest?.created_at } } as never);
    expect(after.customers).toEqual([]);
    const before = await client.customers.list({ created_at: { before: new Date(newest?.created_at ?? '') } } as never);
    expect(before.customers[0]?.source_id).toBe('list-23');
  });

  test.each([undefined, 'created_at', '-created_at'])('scroll visits each customer once, order %s', async (order) => {
    const seen: string[] = [];
    const visited = client.customers.scroll({ limit: 4, city: 'Listville', ...(order && { order }) } as never);
    for await (const customer of visited as AsyncIterable<CustomerObject>) {
      seen.push(customer.source_id ?? '');
    }
    const ascending = Array.from({ length: 25 }, (_, n) => `list-${n}`);
    expect(seen).toEqual(order === 'created_at' ? ascending : ascending.reverse());
  });

  test('list items carry no assets', async () => {
    const { customers } = await client.customers.list({ limit: 1 });
    expect(customers[0]).not.toHaveProperty('assets');
    expect(customers[0]).toHaveProperty('summary');
  });
});
