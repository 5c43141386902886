import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { ended } from '../support/async-action.js';
import { fact } from '../support/facts.js';
import { OpenApi } from '../support/openapi.js';
import { sdk } from '../support/sdk.js';
import { KEYS, Service } from '../support/service.js';
import { eventually } from '../support/wait.js';

let service: Service;
let openapi: OpenApi;
let client: ReturnType<typeof sdk>;

const PEOPLE = [
  {
    source_id: 'x-1',
    name: 'Ada',
    email: 'a@example.test',
    phone: '+48 1',
    metadata: { n: 1, lang: 'en' },
    address: { city: 'Turin' },
  },
  { source_id: 'x-2', name: '=cmd()', metadata: { n: 10 }, description: 'two\nlines, "quoted"' },
  { source_id: 'x-3', email: 'c@example.test', metadata: { n: 2, lang: 'pl' } },
];

beforeAll(async () => {
  service = await Service.start();
  openapi = await OpenApi.of(service);
  client = sdk(service, openapi);
  for (const body of PEOPLE) await service.call('POST', '/v1/customers', { key: KEYS.write, body });
  const { headers } = await service.facts([
    fact('order.paid', '2024-01-02T00:00:00Z', {
      id: 'o-1',
      amount: 500,
      customer: { source_id: 'x-1' },
      metadata: { k: 'v' },
    }),
    fact('order.created', '2024-01-03T00:00:00Z', { id: 'o-2', amount: 700, customer: { source_id: 'x-3' } }),
    fact('redemption.succeeded', '2024-01-04T00:00:00Z', {
      id: 'r-1',
      customer: { source_id: 'x-1' },
      voucher: { id: 'v_1', code: 'CODE', campaign: 'Gifts', campaign_id: 'camp_1' },
      gift: { amount: 5 },
      order: { id: 'o-1' },
    }),
    fact('customer.loyalty.tier.changed', '2024-01-05T00:00:00Z', {
      customer: { source_id: 'x-2' },
      campaign: { id: 'camp_2', name: 'Tiers 2' },
      loyalty_tier: { id: 'ltr_1' },
    }),
    fact('customer.consents.given', '2024-01-05T00:00:00Z', {
      customer: { source_id: 'x-3' },
      consents: [{ id: 'cnst_a' }],
    }),
    fact('publication.succeeded', '2024-01-05T00:00:00Z', {
      id: 'p-1',
      customer: { source_id: 'x-2' },
      campaign: { id: 'camp_1', name: 'Gifts' },
      voucher: { id: 'v_2' },
    }),
    fact('customer.custom_event', '2024-01-05T00:00:00Z', { customer: { source_id: 'x-1' }, type: 'login' }),
    fact('redemption.failed', '2024-01-05T00:00:00Z', {
      id: 'r-2',
      customer: { source_id: 'x-3' },
      failure_code: 'nope',
    }),
  ]);
  const position = headers.get('x-ledger-position') ?? '';
  await service.call('GET', '/v1/customers', { headers: { 'x-ledger-min-position': position } });
});

afterAll(() => service.discard());

type Parameters = Readonly<Record<string, unknown>>;

async function file(exported_object: string, parameters?: Parameters): Promise<string> {
  const made = await service.call('POST', '/v1/exports', { key: KEYS.write, body: { exported_object, parameters } });
  expect(made.status).toBe(200);
  expect(openapi.problems('Export', made)).toEqual([]);
  expect(made.body).toMatchObject({ status: 'SCHEDULED', result: null, exported_object });
  let url = '';
  await eventually(async () => {
    const { body } = await service.call('GET', `/v1/exports/${made.body.id}`);
    expect(body.status).toBe('DONE');
    url = body.result.url;
  });
  const answer = await fetch(url);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
  return answer.text();
}

const rows = async (of: string, parameters?: Parameters): Promise<Record<string, string>[]> =>
  parse(await file(of, parameters), { columns: true });
const named = async (parameters: Parameters): Promise<(string | undefined)[]> =>
  (await rows('customer', { fields: ['source_id'], ...parameters })).map(({ source_id }) => source_id);

test('distributions.exports of the official SDK: create, get, list, delete', async () => {
  const made = await client.distributions.exports.create({ exported_object: 'customer' });
  expect(made).toMatchObject({
    object: 'export',
    status: 'SCHEDULED',
    channel: 'API',
    exported_object: 'customer',
    parameters: { fields: ['name', 'source_id'] },
    result: null,
    user_id: null,
  });
  expect(made.id).toMatch(/^exp_/);
  await eventually(async () =>
    expect(await client.distributions.exports.get(made.id)).toMatchObject({ status: 'DONE' }),
  );
  const list = await client.distributions.exports.list({ limit: 1, order: '-created_at' });
  expect(list).toMatchObject({ object: 'list', data_ref: 'exports', total: 1 });
  expect(list.exports.map(({ id }) => id)).toEqual([made.id]);
  const { url } = list.exports[0]?.result ?? { url: '' };
  await client.distributions.exports.delete(made.id);
  await expect(client.distributions.exports.get(made.id)).rejects.toMatchObject({ code: 404, key: 'not_found' });
  expect((await fetch(url)).status).toBe(404);
});

describe('customers', () => {
  test('name and source_id unless told; cells that a spreadsheet would run are text', async () => {
    expect(await file('customer', { order: 'source_id' })).toBe("name,source_id\nAda,x-1\n'=cmd(),x-2\n,x-3\n");
  });

  test('every field, and one key of the metadata', async () => {
    const fields = [
      ...[
        'name',
        'id',
        'description',
        'email',
        'source_id',
        'created_at',
        'updated_at',
        'phone',
        'birthday',
        'birthdate',
      ],
      ...[
        'metadata',
        'metadata.lang',
        'metadata.none',
        'address_city',
        'address_state',
        'address_line_1',
        'address_line_2',
      ],
      ...['address_country', 'address_postal_code', 'redemptions_total_redeemed', 'redemptions_total_failed'],
      ...['redemptions_total_succeeded', 'redemptions_total_rolled_back', 'redemptions_total_rollback_failed'],
      ...['redemptions_total_rollback_succeeded', 'orders_total_amount', 'orders_total_count', 'orders_average_amount'],
      ...['orders_last_order_amount', 'orders_last_order_date', 'loyalty_points', 'loyalty_referred_customers'],
    ];
    const [ada] = await rows('customer', { fields, order: 'source_id' });
    expect(Object.keys(ada ?? {})).toEqual(fields);
    expect(ada).toMatchObject({
      ...{ name: 'Ada', email: 'a@example.test', phone: '+48 1', address_city: 'Turin', address_state: '' },
      ...{ metadata: '{"lang":"en","n":1}', 'metadata.lang': 'en', 'metadata.none': '' },
      ...{ redemptions_total_redeemed: '1', orders_total_amount: '500', orders_total_count: '1', loyalty_points: '0' },
      ...{ orders_last_order_date: '2024-01-02T00:00:00.000Z' },
    });
    const [, two] = await rows('customer', { fields: ['description'], order: 'source_id' });
    expect(two).toEqual({ description: 'two\nlines, "quoted"' });
  });

  test.each([
    ['source_id', ['x-1', 'x-2', 'x-3']],
    ['-source_id', ['x-3', 'x-2', 'x-1']],
    ['name', ['x-3', 'x-2', 'x-1']],
    ['-name', ['x-1', 'x-2', 'x-3']],
    ['email', ['x-2', 'x-1', 'x-3']],
    ['-email', ['x-3', 'x-1', 'x-2']],
    ['created_at', ['x-1', 'x-2', 'x-3']],
    ['-created_at', ['x-3', 'x-2', 'x-1']],
  ])('in the order of %s', async (order, expected) => {
    expect(await named({ order })).toEqual(expected);
  });

  test.each<[string, object, string[]]>([
    ['$is', { name: { conditions: { $is: 'Ada' } } }, ['x-1']],
    ['$in', { source_id: { conditions: { $in: ['x-1', 'x-3'] } } }, ['x-1', 'x-3']],
    ['$is_not, which who has none fits too', { name: { conditions: { $is_not: 'Ada' } } }, ['x-2', 'x-3']],
    ['numbers as numbers', { 'metadata.n': { conditions: { $more_than: 1, $less_than: '11' } } }, ['x-2', 'x-3']],
    ['$is_unknown', { email: { conditions: { $is_unknown: true } } }, ['x-2']],
    ['$has_value', { 'metadata.lang': { conditions: { $has_value: '' } } }, ['x-1', 'x-3']],
    ['$starts_with', { email: { conditions: { $starts_with: ['c', 'd'] } } }, ['x-3']],
    ['$after', { created_at: { conditions: { $after: '2020-01-01' } } }, ['x-1', 'x-2', 'x-3']],
    ['$before', { created_at: { conditions: { $before: '2020-01-01' } } }, []],
    [
      'or',
      { junction: 'OR', name: { conditions: { $is: 'Ada' } }, 'metadata.lang': { conditions: { $is: 'pl' } } },
      ['x-1', 'x-3'],
    ],
    ['city', { city: { conditions: { $is: 'Turin' } } }, ['x-1']],
    ['address', { 'address.city': { conditions: { $has_value: '' } } }, ['x-1']],
    ['summary', { 'summary.orders.total_amount': { conditions: { $more_than: ['499'] } } }, ['x-1']],
    [
      'loyalty',
      { 'loyalty.points': { conditions: { $is: 0 } }, 'loyalty_points.points': { conditions: { $is: '0' } } },
      ['x-1', 'x-2', 'x-3'],
    ],
    ['tiers', { 'loyalty_tier.campaigns.Tiers 2': { conditions: { $is: 'ltr_1' } } }, ['x-2']],
    ['consents', { 'system_metadata.consents.cnst_a.value': { conditions: { $is: true } } }, ['x-3']],
    [
      'publications',
      {
        'publications.related_object_id': { conditions: { $in: ['camp_1'] } },
        'publications.created_at': { conditions: { $after: '2024-01-01' } },
      },
      ['x-2'],
    ],
    ['custom events', { 'events.login.count': { conditions: { $more_than: 0 } } }, ['x-1']],
    [
      'and',
      { junction: 'and', orders_total_count: { conditions: { $is: 0 } }, name: { conditions: { $is: 'Ada' } } },
      [],
    ],
  ])('filtered by %s', async (_, filters, expected) => {
    expect(await named({ filters, order: 'source_id' })).toEqual(expected);
  });
});

test('orders and redemptions', async () => {
  const customer = (await service.call('GET', '/v1/customers/x-1')).body;
  expect(await file('order')).toBe('id,source_id,status\no-2,,CREATED\no-1,,PAID\n');
  expect(await rows('order', { fields: ['id', 'amount', 'customer_id', 'metadata.k'], order: 'id' })).toMatchObject([
    { id: 'o-1', amount: '500', customer_id: customer.id, 'metadata.k': 'v' },
    { id: 'o-2', amount: '700' },
  ]);
  expect(
    await file('redemption', {
      order: 'date',
      fields: ['id', 'voucher_code', 'result', 'gift_amount', 'failure_code', 'customer_source_id'],
    }),
  ).toBe(
    'id,voucher_code,result,gift_amount,failure_code,customer_source_id\nr-1,CODE,SUCCESS,5,,x-1\nr-2,,FAILURE,,nope,x-3\n',
  );
  expect(await rows('redemption', { filters: { result: { conditions: { $is: 'FAILURE' } } } })).toMatchObject([
    { id: 'r-2' },
  ]);
});

test('an order is in its file as it is answered', async () => {
  const fields =
    'id,source_id,created_at,updated_at,status,amount,total_discount_amount,total_amount,customer_id,referrer_id,metadata'.split(
      ',',
    );
  // an export has what its own key wrote before
  const { body } = await service.call('POST', '/v1/orders', {
    key: KEYS.write,
    body: {
      customer: { source_id: 'x-2' },
      items: [{ quantity: 2, price: 150 }],
      discount_amount: 20,
      metadata: { k: 'own' },
    },
  });
  const [row] = await rows('order', { fields, filters: { 'metadata.k': { conditions: { $is: 'own' } } } });
  const cell = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  expect(row).toEqual(Object.fromEntries(fields.map((name) => [name, cell(body[name] ?? '')])));
  expect(row).toMatchObject({ status: 'CREATED', amount: '300', total_amount: '280' });
});

test.each([
  ['created_at', ['r-1', 'r-2']],
  ['-created_at', ['r-2', 'r-1']],
  ['-id', ['r-2', 'r-1']],
])('redemptions in the order of %s', async (order, expected) => {
  expect((await rows('redemption', { order })).map(({ id }) => id)).toEqual(expected);
});

test('redemptions by customer, and with the amount of their order', async () => {
  const both = await rows('redemption', {
    order: 'customer_id',
    fields: ['id', 'customer_id', 'order_amount', 'promotion_tier_id'],
  });
  expect(both.map(({ customer_id }) => customer_id)).toEqual(both.map(({ customer_id }) => customer_id).toSorted());
  expect(both.find(({ id }) => id === 'r-1')).toMatchObject({ order_amount: '500', promotion_tier_id: '' });
  expect(both.find(({ id }) => id === 'r-2')).toMatchObject({ order_amount: '' });
});

test.each<[string, object]>([
  ['created_at', { $after: '2024-01-03', $before: '2024-01-05' }],
  ['customer', { $is: 'x-1' }],
  ['voucher', { $is: 'CODE' }],
  ['voucher', { $is: 'v_1' }],
  ['related_object', { $in: ['v_1'] }],
  ['related_object_id', { $is: 'v_1' }],
  ['related_object_parent_id', { $is: 'camp_1' }],
  ['campaign_name', { $is: 'Gifts' }],
  ['status', { $is: 'SUCCEEDED' }],
])('redemptions by %s: %j', async (name, conditions) => {
  expect((await rows('redemption', { filters: { [name]: { conditions } } })).map(({ id }) => id)).toEqual(['r-1']);
});

test.each<[string, object, string]>([
  ['nothing', {}, 'invalid_payload'],
  ['what is not exported', { exported_object: 'publication' }, 'invalid_payload'],
  [
    'an unknown field',
    { exported_object: 'customer', parameters: { fields: ['name', 'segments'] } },
    'invalid_export_fields',
  ],
  ['no field', { exported_object: 'customer', parameters: { fields: [] } }, 'invalid_export_params'],
  ['an unknown order', { exported_object: 'customer', parameters: { order: 'phone' } }, 'invalid_export_params'],
  [
    'a segment as a filter of orders',
    { exported_object: 'order', parameters: { filters: { 'summary.orders.total_count': { conditions: { $is: 1 } } } } },
    'invalid_export_params',
  ],
  [
    'an unknown filter',
    { exported_object: 'order', parameters: { filters: { name: { conditions: { $is: 1 } } } } },
    'invalid_export_params',
  ],
  [
    'an unknown operator',
    { exported_object: 'customer', parameters: { filters: { name: { conditions: { constructor: 1 } } } } },
    'invalid_export_params',
  ],
  [
    'an unknown junction',
    { exported_object: 'customer', parameters: { filters: { junction: 'xor' } } },
    'invalid_export_params',
  ],
  [
    'conditions that are none',
    { exported_object: 'customer', parameters: { filters: { name: { conditions: 5 } } } },
    'invalid_export_params',
  ],
])('%s is refused', async (_, body, key) => {
  const answer = await service.call('POST', '/v1/exports', { body });
  expect(answer.body).toMatchObject({ code: 400, key });
  expect(openapi.problems('Error', answer)).toEqual([]);
});

test('lists are paged, unknown exports are 404', async () => {
  const { body, ...rest } = await service.call('GET', '/v1/exports?limit=2&page=2&order=created_at');
  expect(openapi.problems('ExportList', { body, ...rest })).toEqual([]);
  expect(body.exports).toHaveLength(2);
  expect(body.total).toBeGreaterThan(4);
  for (const method of ['GET', 'DELETE'])
    expect((await service.call(method, '/v1/exports/exp_none')).body).toMatchObject({
      code: 404,
      details: 'Cannot find export with id exp_none',
      resource_type: 'export',
    });
});

test('files that may tell of an erased customer are gone with the customer', async () => {
  const { body: person } = await service.call('POST', '/v1/customers', {
    body: { source_id: 'x-gone', name: 'Xanthippe' },
  });
  const made = await service.call('POST', '/v1/exports', {
    body: { exported_object: 'customer' },
  });
  let url = '';
  await eventually(async () => {
    const { body } = await service.call('GET', `/v1/exports/${made.body.id}`);
    url = body.result.url as string;
  });
  expect(await (await fetch(url)).text()).toContain('Xanthippe');
  const bulk = await service.call('POST', '/v1/customers/bulk/async', {
    body: [{ source_id: 'x-gone', phone: '1' }],
  });
  const { result } = (await ended(service, bulk.body.async_action_id)).body;
  expect(await (await fetch(result.reports[0])).text()).toContain('x-gone');
  const csv = new FormData();
  csv.append('file', new Blob(['Source_id,Birthdate\nx-gone,soon\n']), 'a.csv');
  const headers = { 'x-app-id': KEYS.admin.app_id, 'x-app-token': KEYS.admin.token };
  const upload = await fetch(`${service.url}/v1/customers/importCSV`, { method: 'POST', headers, body: csv });
  const { async_action_id } = (await upload.json()) as { async_action_id: string };
  expect((await ended(service, async_action_id)).text).toContain('x-gone');

  await service.call('POST', `/v1/customers/${person.id}/permanent-deletion`);
  await eventually(async () => expect((await fetch(url)).status).toBe(404));
  expect((await service.call('GET', `/v1/exports/${made.body.id}`)).status).toBe(404);
  expect((await service.call('GET', '/v1/exports')).body.total).toBe(0);
  const after = await ended(service, bulk.body.async_action_id);
  expect(openapi.problems('AsyncAction', after)).toEqual([]);
  expect(after.body).toMatchObject({
    status: 'DONE',
    result: { done_count: 1, failed_count: 0, reports: [], errors: [] },
  });
  expect(await (await fetch(result.reports[0])).text()).toBe('source_id,found,updated,error\n');
  expect((await ended(service, async_action_id)).body.result).toEqual({
    message: '0 customer(s) imported successfully, 1 failed.',
    failed: [],
    done_count: 0,
    failed_count: 1,
  });
});
