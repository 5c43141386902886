import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fact } from '../support/facts.js';
import { KEYS, Service } from '../support/service.js';

const T = '2024-05-01T10:00:00Z';
let service: Service;

beforeAll(async () => {
  service = await Service.start();
});

afterAll(async () => {
  await service.discard();
});

const order = (id: string, more: object = {}): object => ({
  id,
  status: 'PAID',
  amount: 1000,
  created_at: T,
  customer: { source_id: 'f-1' },
  ...more,
});

describe('POST /v1/facts', () => {
  test('structured mode: one fact, one result, seen at once by a read with the same key', async () => {
    const { status, body, headers } = await service.call('POST', '/v1/facts', {
      raw: JSON.stringify(fact('order.paid', T, order('o-1'))),
      headers: { 'content-type': 'application/cloudevents+json' },
    });
    expect(status).toBe(200);
    expect(body.results).toEqual([
      expect.objectContaining({
        status: 'accepted',
        source: '/tests',
        customer_id: expect.stringMatching(/^cust_/),
        position: headers.get('x-ledger-position'),
      }),
    ]);
    const { body: customer } = await service.call('GET', '/v1/customers/f-1');
    expect(customer).toMatchObject({
      created_at: '2024-05-01T10:00:00.000Z',
      summary: { orders: { total_count: 1, total_amount: 1000 } },
    });
  });

  test('binary mode: the event in ce- headers, the data as the body', async () => {
    const { body } = await service.call('POST', '/v1/facts', {
      body: order('o-binary', { customer: { source_id: 'f-binary' } }),
      headers: {
        'ce-specversion': '1.0',
        'ce-id': 'b-1',
        'ce-source': '/tests',
        'ce-type': 'order.paid',
        'ce-time': T,
      },
    });
    expect(body.results).toEqual([expect.objectContaining({ id: 'b-1', status: 'accepted' })]);
  });

  test('batch mode: results in order, a bad fact does not stop the others', async () => {
    const { status, body } = await service.facts([
      fact('order.paid', T, order('o-b1', { customer: { source_id: 'f-batch' } })),
      fact('order.paid', T, order('o-b2', { amount: -1, customer: { source_id: 'f-batch' } })),
      fact('order.unheard_of', T, {}),
      { nonsense: true },
      fact('order.paid', T, order('o-b4', { customer: { id: 'cust_nobody' } })),
      fact('order.paid', T, order('o-b5', { customer: { source_id: 'f-batch' } })),
    ]);
    expect(status).toBe(200);
    expect(body.results.map((one: { status: string }) => one.status)).toEqual([
      'accepted',
      'rejected',
      'rejected',
      'rejected',
      'rejected',
      'accepted',
    ]);
    expect(body.results[1].error).toMatchObject({ code: 400, key: 'invalid_payload' });
    expect(body.results[4].error).toMatchObject({ code: 404, key: 'not_found', resource_id: 'cust_nobody' });
    expect(body).toMatchObject({ accepted: 2, duplicate: 0, rejected: 4 });
    const { body: customer } = await service.call('GET', '/v1/customers/f-batch', { key: KEYS.ingest });
    expect(customer).toMatchObject({ code: 403 });
  });

  test('the same fact again is a duplicate, also with another event id', async () => {
    const first = fact('order.paid', T, order('o-dup'));
    expect((await service.facts([first, first])).body.results.map((one: { status: string }) => one.status)).toEqual([
      'accepted',
      'duplicate',
    ]);
    expect((await service.facts([{ ...first, id: 'other' }])).body.results[0]).toMatchObject({ status: 'duplicate' });
  });

  test('a migration brings its own id and date', async () => {
    const id = 'cust_migrated00000000000001';
    const { body, headers } = await service.facts([
      fact('customer.created', T, {
        id,
        source_id: 'f-migrated',
        name: 'Old Friend',
        created_at: '2019-01-02T03:04:05Z',
      }),
      fact('order.paid', T, order('o-m', { customer: { id } })),
    ]);
    expect(body.rejected).toBe(0);
    // another key than the one that wrote: it asks for the position
    const position = headers.get('x-ledger-position') ?? '';
    const { body: customer } = await service.call('GET', `/v1/customers/${id}`, {
      headers: { 'x-ledger-min-position': position },
    });
    expect(customer).toMatchObject({ id, source_id: 'f-migrated', created_at: '2019-01-02T03:04:05.000Z' });
  });

  test('a referral credits the referrer, once', async () => {
    const referral = fact('customer.referred', T, {
      customer: { source_id: 'f-referee' },
      referrer: { source_id: 'f-referrer' },
      campaign: { id: 'camp_1', name: 'Friends' },
      redemption: { id: 'r_ref' },
    });
    await service.facts([
      fact('customer.created', T, { source_id: 'f-referrer' }),
      referral,
      { ...referral, id: 'again' },
    ]);
    for (let tries = 0; tries < 100; tries++) {
      const { body } = await service.call('GET', '/v1/customers/f-referrer');
      if (body.loyalty?.referred_customers > 0) break;
      await new Promise((done) => setTimeout(done, 50));
    }
    expect((await service.call('GET', '/v1/customers/f-referrer')).body.loyalty).toMatchObject({
      referred_customers: 1,
      campaigns: { Friends: { points: 0, referred_customers: 1 } },
    });
    expect((await service.call('GET', '/v1/customers/f-referee')).body.referrals).toMatchObject({
      total: 1,
      campaigns: [{ campaign_id: 'camp_1', related_object_id: 'r_ref', related_object_type: 'redemption' }],
    });
  });

  test('64 concurrent facts on one customer are all there, none twice', async () => {
    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, n) =>
        service.facts([fact('order.paid', T, order(`o-c${n}`, { amount: 1, customer: { source_id: 'f-hot' } }))]),
      ),
    );
    expect(answers.every(({ body }) => body.accepted === 1)).toBe(true);
    const { body } = await service.call('GET', '/v1/customers/f-hot', {
      headers: { 'x-ledger-min-position': newest(answers) },
    });
    expect(body.summary.orders).toMatchObject({ total_count: 64, total_amount: 64 });
  });

  test('what cannot be facts at all is a 400, a body over 10 MB a 413 without a key', async () => {
    expect(
      await service.call('POST', '/v1/facts', {
        raw: '{',
        headers: { 'content-type': 'application/cloudevents+json' },
      }),
    ).toMatchObject({ status: 400, body: { key: 'invalid_payload' } });
    const { status, body } = await service.call('POST', '/v1/facts', {
      raw: ' '.repeat(10_485_761),
      headers: { 'content-type': 'application/cloudevents-batch+json' },
    });
    expect(status).toBe(413);
    expect(body).toEqual({
      statusCode: 413,
      error: 'Request Entity Too Large',
      message: 'Payload content length greater than maximum allowed: 10485760',
    });
    expect(
      (await service.call('POST', '/v1/facts', { raw: 'x', headers: { 'content-type': 'text/plain' } })).status,
    ).toBe(415);
  });

  test('a fact dated further ahead of the clock than is allowed is refused, and health warns', async () => {
    const ready = async (): Promise<unknown> => (await service.call('GET', '/health/ready')).body.warnings;
    const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1_000).toISOString();
    const near = fact('order.paid', inSeconds(240), order('o-near'));
    const far = fact('order.paid', T, order('o-far', { updated_at: inSeconds(3_600) }));
    expect((await service.facts([near])).body).toMatchObject({ accepted: 1 });
    expect(await ready()).toBeUndefined();
    const { body } = await service.facts([far, fact('order.paid', '2099-01-01', order('o-2099')), near]);
    expect(body).toMatchObject({ accepted: 0, duplicate: 1, rejected: 2 });
    expect(body.results[0].error).toMatchObject({
      code: 400,
      key: 'fact_ahead',
      details: expect.stringMatching(
        /^Property .data.updated_at is 3[56]\d\d(\.\d+)? s ahead of the clock; at most 300 s are allowed$/,
      ),
    });
    expect(body.results[1].error).toMatchObject({
      key: 'fact_ahead',
      details: expect.stringMatching('Property .time'),
    });
    expect(await ready()).toEqual([expect.stringMatching('the clock of this service may be slow')]);
  });

  test.each([
    ['time with ten digits of a second', { time: '2024-05-01T10:00:00.0123456789Z' }, {}],
    ['time beyond the year 9999 in UTC', { time: '9999-12-31T23:59:59.999-12:00' }, {}],
    ['time before the year 1000 in UTC', {}, { created_at: '1000-01-01T00:00:00+14:00' }],
    ['sequence that is a number', { sequence: 1 }, {}],
    ["source of the ledger's own", { source: '/v1/async-actions/aa_1' }, {}],
    ['number that JSON has rounded', {}, { metadata: { serial: 2 ** 53 } }],
  ])('a %s is refused', async (_, changes, data) => {
    const { body } = await service.facts([fact('order.paid', T, order('o-refused', data), changes)]);
    expect(body.results[0]).toMatchObject({ status: 'rejected', error: { code: 400, key: 'invalid_payload' } });
  });

  test('an integer beyond 2^53 is refused as it is written', async () => {
    const written = JSON.stringify(fact('order.paid', T, order('o-big', { metadata: { serial: 0 } })));
    const { body } = await service.call('POST', '/v1/facts', {
      raw: written.replace('"serial":0', '"serial":9007199254740993'),
      headers: { 'content-type': 'application/cloudevents+json' },
    });
    expect(body.results[0].error).toMatchObject({
      details: 'Property .data.metadata must hold numbers from -(2^53 - 1) to 2^53 - 1 only',
    });
  });

  test('schemas of every fact type are served', async () => {
    const { body } = await service.call('GET', '/v1/facts/schemas');
    expect(Object.keys(body)).toEqual(
      expect.arrayContaining(['order.paid', 'customer.referred', 'voucher.loyalty_card.points_added']),
    );
  });
});

const newest = (answers: { headers: Headers }[]): string =>
  String(answers.map(({ headers }) => BigInt(headers.get('x-ledger-position') ?? 0)).reduce((a, b) => (a > b ? a : b)));
