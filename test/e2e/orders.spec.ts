import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fact } from '../support/facts.js';
import { OpenApi } from '../support/openapi.js';
import { sdk } from '../support/sdk.js';
import { type Answer, KEYS, Service } from '../support/service.js';

let service: Service;
let api: OpenApi;
let client: ReturnType<typeof sdk>;

const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  service.call(method, path, { key: KEYS.write, headers, ...(body !== undefined && { body }) });

/** The order of an answer that is as it is described. */
const order = (answer: Answer): Answer['body'] => api.shaped('Order', answer);

beforeAll(async () => {
  service = await Service.start();
  api = await OpenApi.of(service);
  client = sdk(service, api);
});

afterAll(async () => {
  await service.discard();
});

describe('client.orders of the official SDK, unchanged', () => {
  test('create with an inline customer, get by either id, update by either, and the customer shows it', async () => {
    const created = await client.orders.create({
      source_id: 'sdk-order-1',
      status: 'PAID',
      customer: { source_id: 'order-ada', name: 'Ada' },
      items: [
        { quantity: 2, price: 60_000, source_id: 'prod_1', product: { name: 'Phone' } },
        { quantity: 1, sku: { price: 1_700 }, product: { price: 2_100 } },
      ],
      metadata: { lane: 3 },
    });
    expect(created).toMatchObject({
      id: expect.stringMatching(/^ord_[A-Za-z0-9]{24}$/),
      source_id: 'sdk-order-1',
      status: 'PAID',
      amount: 121_700,
      total_amount: 121_700,
      metadata: { lane: 3 },
      customer: { id: expect.stringMatching(/^cust_/), object: 'customer' },
      referrer_id: null,
      updated_at: null,
      object: 'order',
    });
    expect(created.items?.[0]).toMatchObject({ object: 'order_item', amount: 120_000, subtotal_amount: 120_000 });
    expect(await client.orders.get(created.id)).toEqual(created);
    expect(await client.orders.get('sdk-order-1')).toEqual(created);

    const paid = await client.customers.get('order-ada');
    expect(paid).toMatchObject({ name: 'Ada', summary: { orders: { total_count: 1, total_amount: 121_700 } } });

    const canceled = await client.orders.update({ id: created.id, status: 'CANCELED' });
    expect(canceled).toMatchObject({ id: created.id, status: 'CANCELED', amount: 121_700, metadata: { lane: 3 } });
    expect(canceled.updated_at).not.toBeNull();
    expect((await client.customers.get('order-ada')).summary.orders.total_count).toBe(0);

    const again = await client.orders.update({ source_id: 'sdk-order-1', amount: 500 } as never);
    expect(again).toMatchObject({ id: created.id, status: 'CANCELED', amount: 500 });
  });

  test('create again under the same source_id is an upsert, with or without the customer', async () => {
    const customer = { source_id: 'order-upsert' } as never;
    const first = await client.orders.create({ source_id: 'sdk-order-2', amount: 100, customer });
    const second = await client.orders.create({ source_id: 'sdk-order-2', status: 'PAID', customer });
    const third = await client.orders.create({ source_id: 'sdk-order-2', discount_amount: 30 });
    expect([second.id, third.id]).toEqual([first.id, first.id]);
    expect(third).toMatchObject({
      status: 'PAID',
      amount: 100,
      discount_amount: 30,
      total_discount_amount: 30,
      total_amount: 70,
    });
  });

  test('list: newest first, pages, total', async () => {
    const { orders, total, data_ref } = await client.orders.list({ limit: 1, page: 2 });
    expect([orders.map(({ source_id }) => source_id), total, data_ref]).toEqual([['sdk-order-1'], 2, 'orders']);
  });

  test('import takes many at once and says what became of them', async () => {
    const imported = (await client.orders.import([
      { source_id: 'import-1', status: 'PAID', amount: 10, customer: { source_id: 'order-import' } },
      { source_id: 'import-2', status: 'PAID', amount: 20, customer: { source_id: 'order-import' } },
      { source_id: 'import-1', status: 'FULFILLED' },
      { source_id: 'import-3', status: 'PAID', amount: 5 },
    ])) as unknown as { result: object; async_action_id: string };
    expect(api.problems('OrderImport', { body: imported })).toEqual([]);
    expect(imported.async_action_id).toMatch(/^aa_[0-9a-f]{18}$/);
    expect(imported.result).toMatchObject({
      done_count: 2,
      failed_count: 1,
      errors: [{ index: 3, source_id: 'import-3', error: { code: 400, key: 'missing_customer' } }],
    });
    const action = api.shaped('AsyncAction', await call('GET', `/v1/async-actions/${imported.async_action_id}`));
    expect(action).toMatchObject({ type: 'ORDERS.IMPORT', status: 'DONE', operation_status: 'SUCCESS', progress: 100 });
    expect(action.result).toEqual(imported.result);
    expect((await client.asyncActions.list({ limit: 1 })).async_actions[0]).toMatchObject({
      id: imported.async_action_id,
    });
    expect((await client.customers.get('order-import')).summary.orders).toMatchObject({
      total_count: 2,
      total_amount: 30,
    });
    expect((await client.orders.get('import-1')).status).toBe('FULFILLED');
  });

  test('errors', async () => {
    await expect(client.orders.get('nothing')).rejects.toMatchObject({
      code: 404,
      key: 'not_found',
      message: 'Resource not found',
      details: 'Cannot find order with id nothing',
      resource_id: 'nothing',
      resource_type: 'order',
    });
    await expect(client.orders.update({ id: 'nothing', status: 'PAID' })).rejects.toMatchObject({ code: 404 });
    await expect(client.orders.create({ amount: 5 })).rejects.toMatchObject({ code: 400, key: 'missing_customer' });
    await expect(client.orders.create({ amount: -5 })).rejects.toMatchObject({ code: 400, key: 'invalid_payload' });
    await expect(client.orders.create({ amount: 5, customer: { id: 'cust_unknown' } })).rejects.toMatchObject({
      code: 404,
      resource_id: 'cust_unknown',
      resource_type: 'customer',
    });
    await expect(client.orders.list({ limit: 101 })).rejects.toMatchObject({ code: 400, key: 'invalid_query_params' });
    await expect(client.orders.import([])).rejects.toMatchObject({ code: 400, key: 'invalid_payload' });
    await expect(client.orders.import([{ amount: 'x' as never }])).rejects.toMatchObject({
      code: 400,
      details: expect.stringContaining('.[0].amount'),
    });
  });
});

describe('raw calls', () => {
  test('an order stays with its customer', async () => {
    const mine = { source_id: 'raw-mine', customer: { source_id: 'raw-ada' }, amount: 1 };
    order(await call('POST', '/v1/orders', mine));
    const { status, body } = await call('POST', '/v1/orders', { ...mine, customer: { source_id: 'raw-bob' } });
    expect([status, body.key]).toEqual([400, 'invalid_customer']);
    expect(body.details).toBe('The order raw-mine belongs to another customer');
    await call('POST', '/v1/customers', { source_id: 'raw-eve' });
    const put = await call('PUT', '/v1/orders/raw-mine', { customer: { source_id: 'raw-eve' } });
    expect(put.body.key).toBe('invalid_customer');
  });

  test('as SDK 3.x sends them: customer_id, referrer, an id of its own', async () => {
    const { body: ada } = await call('POST', '/v1/customers', { source_id: 'raw-v3' });
    const made = order(
      await call('POST', '/v1/orders', {
        id: 'own-1',
        source_id: 'own-source',
        customer_id: ada.id,
        referrer: { source_id: 'raw-referrer', email: 'jane@example.test' },
        amount: 10,
      }),
    );
    const { body: jane } = await call('GET', '/v1/customers/raw-referrer');
    expect(made).toMatchObject({ id: 'own-1', customer_id: ada.id, referrer_id: jane.id, referrer: { id: jane.id } });
    expect(jane.email).toBe('jane@example.test');
    const taken = await call('POST', '/v1/orders', { id: 'own-2', source_id: 'own-source', customer_id: ada.id });
    expect([taken.status, taken.body.key]).toEqual([409, 'duplicate_found']);
  });

  test('the same order sent many times at once is one order', async () => {
    const body = { source_id: 'raw-race', customer: { source_id: 'raw-racer' }, amount: 7, status: 'PAID' };
    const answers = await Promise.all(Array.from({ length: 12 }, () => call('POST', '/v1/orders', body)));
    expect(new Set(answers.map((answer) => order(answer).id)).size).toBe(1);
    const { body: list } = await call('GET', '/v1/orders?customer=raw-racer');
    expect(list.total).toBe(1);
    expect((await call('GET', '/v1/customers/raw-racer')).body.summary.orders.total_amount).toBe(7);
  });

  test('Idempotency-Key: the same answer, one order, also without any name', async () => {
    const body = { customer: { name: 'Nobody in particular' }, amount: 3 };
    const headers = { 'idempotency-key': 'order-key-1' };
    const [first, second] = [
      await call('POST', '/v1/orders', body, headers),
      await call('POST', '/v1/orders', body, headers),
    ];
    expect(order(second)).toEqual(order(first));
    expect((await call('GET', `/v1/orders?customer=${first.body.customer_id}`)).body.total).toBe(1);
    expect(first.headers.get('etag')).toBeNull();
  });

  test('an order that is in an import under both of its names is one', async () => {
    const customer = { source_id: 'both-names' };
    const orders = [
      { id: 'both-id', source_id: 'both-source', customer, amount: 1, status: 'PAID' },
      { source_id: 'both-source', customer, amount: 2 },
      { id: 'both-id', amount: 3 },
    ];
    const { body } = await call('POST', '/v1/orders/import', orders);
    expect(body.result).toEqual({ done_count: 1, failed_count: 0, errors: [] });
    expect(order(await call('GET', '/v1/orders/both-source'))).toMatchObject({
      id: 'both-id',
      status: 'PAID',
      amount: 3,
    });
    expect((await call('GET', '/v1/orders?customer=both-names')).body.total).toBe(1);
  });

  test('Idempotency-Key: an import is done once, also of orders without any name', async () => {
    const customer = { source_id: 'key-import' };
    const body = [{ customer, amount: 3 }, { customer, amount: 4 }, { amount: 5 }];
    const headers = { 'idempotency-key': 'import-key-1' };
    const first = await call('POST', '/v1/orders/import', body, headers);
    expect(first.body.result).toMatchObject({ done_count: 2, failed_count: 1, errors: [{ index: 2 }] });
    const second = await call('POST', '/v1/orders/import', body, headers);
    expect(second.text).toBe(first.text);
    expect(second.headers.get('x-ledger-position')).toBe(first.headers.get('x-ledger-position'));
    expect((await call('GET', '/v1/orders?customer=key-import')).body.total).toBe(2);
    expect((await call('POST', '/v1/orders/import', body.slice(1), headers)).status).toBe(422);
  });

  test('an order that a fact told of is found by its id and its source id, with its redemptions', async () => {
    const customer = { source_id: 'raw-facts' };
    const told = await service.facts([
      fact('order.paid', '2024-01-01T00:00:00.000Z', { id: 'fact-order', source_id: 'fact-src', amount: 90, customer }),
      fact('redemption.succeeded', '2024-01-02T00:00:00.000Z', {
        id: 'r_fact',
        voucher: { id: 'v_1', campaign_id: 'camp_1' },
        order: { id: 'fact-order' },
        customer,
      }),
      fact('redemption.rollback.succeeded', '2024-01-03T00:00:00.000Z', { id: 'rr_1', redemption: 'r_fact', customer }),
      fact('redemption.succeeded', '2024-01-04T00:00:00.000Z', { id: 'r_all', order: { id: 'fact-order' }, customer }),
      fact('redemption.succeeded', '2024-01-04T00:00:00.000Z', {
        id: 'r_part',
        redemption: 'r_all',
        order: { id: 'fact-order' },
        customer,
      }),
    ]);
    // the facts came from another key
    const after = { 'x-ledger-min-position': told.headers.get('x-ledger-position') ?? '' };
    const canceled = order(await call('PUT', '/v1/orders/fact-src', { status: 'CANCELED' }, after));
    expect(canceled).toMatchObject({
      id: 'fact-order',
      status: 'CANCELED',
      amount: 90,
      created_at: '2024-01-01T00:00:00.000Z',
      redemptions: {
        r_fact: {
          date: '2024-01-02T00:00:00.000Z',
          rollback_id: 'rr_1',
          rollback_date: '2024-01-03T00:00:00.000Z',
          related_object_type: 'voucher',
          related_object_id: 'v_1',
          related_object_parent_id: 'camp_1',
        },
        r_all: { related_object_type: 'redemption', related_object_id: 'r_all', stacked: ['r_part'] },
      },
    });
    expect(Object.keys(canceled.redemptions)).toEqual(['r_all', 'r_fact']);
    expect(order(await call('GET', '/v1/orders/fact-order'))).toEqual(canceled);
  });

  test('list: filter by customer, both orders, a cursor that visits all once', async () => {
    const all = Array.from({ length: 7 }, (_, n) => `scroll-${n}`);
    const created_at = (n: number): string => `2020-01-0${1 + Math.floor(n / 3)}T00:00:00.000Z`;
    const customer = { source_id: 'raw-scroll' };
    const orders = all.map((id, n) => ({ id, customer, created_at: created_at(n) }));
    expect((await call('POST', '/v1/orders/import', orders)).body.result).toMatchObject({ done_count: 7 });
    for (const [direction, expected] of [
      ['created_at', all],
      ['-created_at', [...all].reverse()],
    ] as const) {
      const seen: string[] = [];
      let cursor = direction === 'created_at' ? '1970-01-01' : '2200-01-01';
      for (let more = true; more;) {
        const query = `customer=raw-scroll&limit=2&order=${direction}&starting_after=${cursor}`;
        const page = await call('GET', `/v1/orders?${query}`);
        expect(api.problems('OrderList', page)).toEqual([]);
        seen.push(...page.body.orders.map(({ id }: { id: string }) => id));
        cursor = page.body.orders.at(-1).created_at;
        more = page.body.has_more;
      }
      expect(seen).toEqual(expected);
    }
    expect((await call('GET', '/v1/orders?customer=unknown')).body).toMatchObject({ orders: [], total: 0 });
  });

  test('a customer who goes takes the orders along, and the names are free', async () => {
    const body = { source_id: 'raw-gone', amount: 1, customer: { source_id: 'raw-goner' } };
    const first = order(await call('POST', '/v1/orders', body));
    await call('DELETE', '/v1/customers/raw-goner');
    expect((await call('GET', '/v1/orders/raw-gone')).status).toBe(404);
    expect((await call('PUT', '/v1/orders/raw-gone', { status: 'PAID' })).status).toBe(404);
    const second = order(await call('POST', '/v1/orders', body));
    expect(second.customer_id).not.toBe(first.customer_id);
  });

  test('roles', async () => {
    const body = { amount: 1, customer: { source_id: 'x' } };
    for (const [method, path, key, status] of [
      ['POST', '/v1/orders', KEYS.read, 403],
      ['POST', '/v1/orders/import', KEYS.read, 403],
      ['PUT', '/v1/orders/x', KEYS.ingest, 403],
      ['GET', '/v1/orders', KEYS.ingest, 403],
      ['GET', '/v1/orders', null, 401],
      ['GET', '/v1/orders', KEYS.read, 200],
    ] as const)
      expect((await service.call(method, path, { key, ...(method !== 'GET' && { body }) })).status).toBe(status);
  });
});
