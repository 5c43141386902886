import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { OpenApi } from '../support/openapi.js';
import { type Answer, KEYS, Service } from '../support/service.js';

/* Calls as SDK 3.x sends them: contract 6.1 to 6.3. */

let service: Service;
let api: OpenApi;

beforeAll(async () => {
  service = await Service.start();
  api = await OpenApi.of(service);
});
afterAll(() => service.discard());

const SDK_3 = { 'x-voucherify-channel': 'JS-SDK-3.0.3', accept: 'application/json' };
const call = (method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) =>
  service.call(method, path, {
    key: KEYS.write,
    headers: { ...SDK_3, ...headers },
    ...(body !== undefined && { body }),
  });

describe('customers', () => {
  test('a birthdate that is sent as a Date keeps its day (trap 6)', async () => {
    const birthdate = '1990-05-06T00:00:00.000Z';
    const created = api.shaped('Customer', await call('POST', '/v1/customers', { source_id: 'three', birthdate }));
    expect(created.birthdate).toBe('1990-05-06');
    const body = { birthdate: '1991-12-31T23:59:59.999Z', birthday: '1992-01-01T00:00:00.000Z' };
    expect(api.shaped('Customer', await call('PUT', `/v1/customers/${created.id}`, body))).toMatchObject({
      birthdate: '1991-12-31',
      birthday: '1992-01-01',
    });
  });

  test('permanent deletion without a body, and without a content type (trap 7)', async () => {
    await call('POST', '/v1/customers', { source_id: 'three-gone' });
    const answer = await call('POST', '/v1/customers/three-gone/permanent-deletion');
    expect(api.shaped('Deletion', answer)).toMatchObject({ status: 'DONE', object: 'pernament_deletion' });
    api.shaped('Error', await call('GET', '/v1/customers/three-gone'), 404);
    api.shaped('Error', await call('POST', '/v1/customers/three-gone/permanent-deletion'), 404);
  });

  test('metadata and system_metadata are objects wherever they are (trap 8)', async () => {
    const isFine = (value: unknown): boolean => {
      if (typeof value !== 'object' || value === null) return true;
      const { metadata = {}, system_metadata = {} } = value as Record<string, unknown>;
      const isObject = (one: unknown): boolean => typeof one === 'object' && one !== null && !Array.isArray(one);
      return isObject(metadata) && isObject(system_metadata) && Object.values(value).every(isFine);
    };
    const customer = { source_id: 'three-meta', metadata: { a: [1, { b: null }] } };
    const order = await call('POST', '/v1/orders', { customer, amount: 5, metadata: {} });
    const event = await call('POST', '/v1/events', { event: 'seen', customer: { source_id: 'three-plain' } });
    const answers = [
      ['Order', order],
      ['Event', event],
      ['Customer', await call('GET', '/v1/customers/three-meta')],
      ['Customer', await call('GET', '/v1/customers/three-plain')],
      ['CustomerList', await call('GET', '/v1/customers')],
      ['ActivityList', await call('GET', '/v1/customers/three-meta/activity')],
      ['OrderList', await call('GET', '/v1/orders')],
    ] as const;
    for (const [component, answer] of answers) expect(isFine(api.shaped(component, answer))).toBe(true);
    for (const metadata of [[1], 'text', 5])
      api.shaped('Error', await call('POST', '/v1/customers', { source_id: 'three-bad', metadata }), 400);
  });

  test('DELETE: with a JSON content type and no body (trap 1), and without', async () => {
    for (const headers of [{}, { 'content-type': 'application/json' }]) {
      await call('POST', '/v1/customers', { source_id: 'three-deleted' });
      const { status, text } = await call('DELETE', '/v1/customers/three-deleted', undefined, headers);
      expect([status, text]).toEqual([204, '']);
    }
    api.shaped('Error', await call('DELETE', '/v1/customers/three-deleted'), 404);
  });

  test('keys in brackets, encoded and not (trap 2); ids percent-encoded (trap 3)', async () => {
    const source_id = 'three/of a kind';
    const { created_at } = api.shaped('Customer', await call('POST', '/v1/customers', { source_id }));
    for (const query of [`created_at[before]=${created_at}`, `created_at%5Bbefore%5D=${created_at}`]) {
      const { customers } = api.shaped('CustomerList', await call('GET', `/v1/customers?limit=100&${query}`));
      expect(customers.map((one: { source_id: string }) => one.source_id)).not.toContain(source_id);
    }
    expect(api.shaped('Customer', await call('GET', '/v1/customers/three%2Fof%20a%20kind')).source_id).toBe(source_id);
    expect(
      api.shaped('ActivityList', await call('GET', '/v1/customers/three%2Fof%20a%20kind/activity')).data,
    ).toHaveLength(1);
    expect(
      api.shaped('RedeemableList', await call('GET', '/v1/customers/three%2Fof%20a%20kind/redeemables')).total,
    ).toBe(0);
  });

  test('errors have code, key and message (trap 5)', async () => {
    const answers: [number, Answer][] = [
      [404, await call('GET', '/v1/customers/unknown')],
      [404, await call('PUT', '/v1/customers/unknown', { name: 'x' })],
      [404, await call('GET', '/v1/customers/unknown/activity')],
      [400, await call('GET', '/v1/customers?limit=101')],
      [400, await call('GET', '/v1/customers?page=100')],
      [400, await call('POST', '/v1/customers', [])],
      [404, await call('GET', '/v1/nothing')],
      [401, await service.call('GET', '/v1/customers', { key: null })],
      [400, await service.call('POST', '/v1/customers', { raw: '{"name":' })],
      [415, await call('POST', '/v1/customers', {}, { 'content-type': 'application/xml' })],
    ];
    for (const [status, answer] of answers)
      expect(api.shaped('Error', answer, status)).toMatchObject({
        code: status,
        key: expect.any(String),
        message: expect.any(String),
        request_id: expect.stringMatching(/^v-[0-9a-f]{18}$/),
      });
  });
});

describe('events and orders', () => {
  test('a custom event of a customer with null fields', async () => {
    const customer = {
      source_id: 'three-event',
      name: 'Ada',
      email: null,
      phone: null,
      birthdate: '1990-05-06T00:00:00.000Z',
    };
    const event = api.shaped(
      'Event',
      await call('POST', '/v1/events', { event: 'seen', customer, referral: null, loyalty: null }),
    );
    expect(event).toMatchObject({ type: 'seen', customer: { source_id: 'three-event', name: 'Ada', email: null } });
    api.shaped('Error', await call('POST', '/v1/events', { event: 'seen', customer: { id: 'cust_no' } }), 404);
    api.shaped('Error', await call('POST', '/v1/events', { event: '', customer }), 400);
  });

  test('an order with all that a generated model sends along', async () => {
    const body = {
      source_id: 'three-order',
      status: 'PAID',
      amount: 900,
      discount_amount: 100,
      items: [{ sku_id: 'sku_1', product_id: 'prod_1', quantity: 1, price: 900, related_object: 'sku' }],
      metadata: { lane: 1 },
      customer: { source_id: 'three-buyer', birthdate: '1990-05-06T00:00:00.000Z' },
      referrer: null,
      redemptions: null,
      object: 'order',
    };
    const order = api.shaped('Order', await call('POST', '/v1/orders', body));
    expect(order).toMatchObject({ status: 'PAID', amount: 900, total_discount_amount: 100, total_amount: 800 });
    expect(api.shaped('Order', await call('GET', '/v1/orders/three-order'))).toEqual(order);
    const changed = api.shaped('Order', await call('PUT', `/v1/orders/${order.id}`, { status: 'CANCELED' }));
    expect(changed).toMatchObject({ id: order.id, status: 'CANCELED', amount: 900, metadata: { lane: 1 } });
    expect(api.shaped('Customer', await call('GET', '/v1/customers/three-buyer'))).toMatchObject({
      birthdate: '1990-05-06',
      summary: { orders: { total_count: 0, total_amount: 0 } },
    });
    api.shaped('OrderImport', await call('POST', '/v1/orders/import', [{ ...body, source_id: 'three-imported' }]), 200);
    expect(api.shaped('OrderList', await call('GET', `/v1/orders?customer=${order.customer_id}`)).total).toBe(2);
    api.shaped('Error', await call('GET', '/v1/orders/no'), 404);
    api.shaped('Error', await call('POST', '/v1/orders', { amount: 1 }), 400);
  });
});

test('redemptions are read, and refused by name where they would be made', async () => {
  expect(api.shaped('RedemptionList', await call('GET', '/v1/redemptions')).redemptions).toEqual([]);
  api.shaped('Error', await call('GET', '/v1/redemptions/no'), 404);
  api.shaped('Error', await call('POST', '/v1/redemptions', { redeemables: [{ object: 'voucher', id: 'C' }] }), 405);
  api.shaped('Error', await call('POST', '/v1/validations', { redeemables: [{ object: 'voucher', id: 'C' }] }), 405);
});
