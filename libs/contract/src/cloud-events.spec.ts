import { describe, expect, test } from '@jest/globals';
import { CloudEvent, HTTP } from 'cloudevents';
import fc from 'fast-check';
import { type Fact, type FactMessage, parseFact, parseFacts, type UnreadableFact } from './cloud-events.js';
import { ContractError } from './errors.js';
import { factTypes } from './facts/index.js';
import { limits } from './limits.js';

const TIME = '2021-04-07T08:04:03.000000000Z';
const order = { id: 'ord_1', amount: 2000, customer: { source_id: 'trackcust5432' } };
const event = { specversion: '1.0', id: 'e1', source: '/shop', type: 'order.paid', time: TIME, data: order };
const paid = {
  id: 'e1',
  source: '/shop',
  type: 'order.paid',
  kind: 'order',
  time: TIME,
  occurred_at: TIME,
  identity: `["/shop",null,"order.paid","${TIME}",{"amount":2000,"customer":{"source_id":"trackcust5432"},"id":"ord_1","status":"PAID"}]`,
  data: { ...order, status: 'PAID', told_as: 'paid' },
};

const SEQUENCE = 'Property .sequence must be a text of 1 to 30 digits';
const OWN = 'Property .source must not begin with /v1/async-actions/: the ledger itself is that source';

const message = (
  content_type: string | undefined,
  body: unknown,
  headers: FactMessage['headers'] = {},
): FactMessage => ({ content_type, headers, body });
const read = (body: unknown, content_type = 'application/cloudevents-batch+json') =>
  parseFacts(message(content_type, body));
const refusal = (given: Fact | UnreadableFact): unknown => ('error' in given ? given.error.details : 'none');
const thrownBy = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return error;
  }
};

describe('the three modes', () => {
  test.each([
    ['structured', message('application/cloudevents+json; charset=utf-8', event)],
    ['structured as bytes', message('application/cloudevents+json', Buffer.from(JSON.stringify(event)))],
    ['structured as plain JSON', message('application/json', event)],
    ['batch', message('application/cloudevents-batch+json', [event])],
    ['batch as text of plain JSON', message('application/json', JSON.stringify([event]))],
    ['binary', message('application/json', order, binary())],
    ['binary with extensions', message('application/json', order, binary({ 'ce-partitionkey': '007' }))],
    ['binary as bytes', message('application/vnd.shop+json', Buffer.from(JSON.stringify(order)), binary())],
  ])('%s', (_, given) => {
    expect(parseFacts(given)).toEqual([paid]);
  });

  test('messages of the official library are parsed', () => {
    const official = new CloudEvent({
      ...event,
      subject: 'ord_1',
      datacontenttype: 'application/json',
      traceparent: '00-1',
    });
    for (const { headers, body } of [HTTP.binary(official), HTTP.structured(official)]) {
      const content_type = String(headers['content-type'] ?? headers['Content-Type']);
      expect(parseFacts({ content_type, headers: headers, body })).toEqual([{ ...paid, subject: 'ord_1' }]);
    }
  });

  test('binary attributes are percent-decoded', () => {
    const [fact] = parseFacts(
      message('application/json', order, binary({ 'ce-id': 'Euro%20%E2%82%AC', 'ce-source': '100%' })),
    );
    expect(fact).toMatchObject({ id: 'Euro €', source: '100%' });
  });

  test.each([
    ['structured', message('application/cloudevents+json', { ...event, sequence: '0012' })],
    ['batch', message('application/cloudevents-batch+json', [{ ...event, sequence: '0012' }])],
    ['binary', message('application/json', order, binary({ 'ce-sequence': '0012' }))],
  ])('%s mode carries the sequence', (_, given) => {
    expect(parseFacts(given)).toMatchObject([{ sequence: '12' }]);
  });

  test('an empty batch holds no facts', () => {
    expect(read([])).toStrictEqual([]);
  });

  test.each([
    [message('text/plain', 'x'), 'unsupported_media_type'],
    [message(undefined, undefined, binary()), 'unsupported_media_type'],
    [message('application/cloudevents-batch+json', event), 'invalid_payload'],
    [message('application/json', '{'), 'invalid_payload'],
    [message('application/json', Buffer.from([0x22, 0xff, 0x22])), 'invalid_payload'],
    [message('application/json', Array(limits.facts_max + 1).fill({})), 'invalid_payload'],
  ])('%#: an unknown kind of message is refused as a whole: %s', (given, key) => {
    expect(thrownBy(() => parseFacts(given))).toMatchObject({ key });
  });
});

describe('a fact', () => {
  test('takes its time from the order when the order has one', () => {
    const updated = parseFact({
      ...event,
      data: { ...order, status: 'FULFILLED', updated_at: '2021-04-08T10:00:00+02:00' },
    });
    expect(updated).toMatchObject({
      time: TIME,
      occurred_at: '2021-04-08T08:00:00.000000000Z',
      data: { status: 'FULFILLED' },
    });
  });

  test('adds the values that its type implies', () => {
    const customer = { id: 'cust_1' };
    const said = (type: string, data: object) =>
      (parseFact({ ...event, type, data: { customer, ...data } }) as Fact).data;
    expect(said('order.updated', { id: 'o' })).not.toHaveProperty('status');
    expect(said('order.updated', { id: 'o', told_as: 'paid' })).toHaveProperty('told_as', 'updated');
    expect(said('order.canceled', { id: 'o' })).toHaveProperty('status', 'CANCELED');
    expect(said('redemption.failed', { id: 'r', result: 'SUCCESS' })).toHaveProperty('result', 'FAILURE');
    expect(said('redemption.rollback.succeeded', { id: 'rr', redemption: 'r' })).toHaveProperty('result', 'SUCCESS');
    expect(said('validation.failed', { id: 'v', valid: true })).toHaveProperty('valid', false);
    expect(said('voucher.disabled', { voucher: { id: 'v' } })).toHaveProperty('available', false);
    expect(said('customer.consents.given', { consents: [{ id: 'c' }] })).toHaveProperty('given', true);
    expect(said('customer.custom_event', { type: 'visited' })).toHaveProperty('id', '/shop#e1');
    expect(said('customer.custom_event', { id: 'own', type: 'visited' })).toHaveProperty('id', 'own');
    const points = {
      campaign: { name: 'Cafe' },
      voucher: { id: 'v' },
      balance: { points: 5 },
      transaction: { id: 't' },
    };
    expect(said('voucher.loyalty_card.points_expired', points)).toHaveProperty('kind', 'expired');
  });

  test.each([
    [{ id: undefined }, "Payload should have required property 'id'"],
    [{ id: '' }, 'Property .id must not be empty'],
    [{ source: undefined }, "Payload should have required property 'source'"],
    [{ time: undefined }, "Payload should have required property 'time'"],
    [{ time: 'yesterday' }, 'Property .time cannot be recognized as a ISO-8601 compliant date'],
    [{ time: '2021-04-07T08:04:03.1234567890Z' }, 'Property .time must have at most nine digits of a second'],
    [{ time: '9999-12-31T23:59:59.999-12:00' }, 'Property .time must be within the years 1000 to 9999 in UTC'],
    [
      { data: { ...order, updated_at: '1000-01-01T00:00:00+14:00' } },
      'Property .data.updated_at must be within the years 1000 to 9999 in UTC',
    ],
    [{ sequence: 7 }, SEQUENCE],
    [{ sequence: '' }, SEQUENCE],
    [{ sequence: '-1' }, SEQUENCE],
    [{ sequence: '1.0' }, SEQUENCE],
    [{ sequence: ' 1' }, SEQUENCE],
    [{ sequence: '٣' }, SEQUENCE],
    [{ sequence: '1'.repeat(31) }, SEQUENCE],
    [{ source: '/v1/async-actions/aa_1' }, OWN],
    [{ source: '/v1/async-actions/' }, OWN],
    [{ specversion: '0.3' }, 'Property .specversion must be one of: 1.0'],
    [{ type: 'order.lost' }, `Property .type must be one of: ${factTypes.join(', ')}`],
    [{ type: 'constructor' }, `Property .type must be one of: ${factTypes.join(', ')}`],
    [{ data: undefined }, "Payload should have required property 'data'"],
    [{ data: 'text' }, 'Property .data must be an object'],
    [
      { data: { ...order, amount: -1 } },
      'Property .data.amount must be an amount in minor units: an integer from 0 to 2^53 - 1',
    ],
    [{ data: { id: 'o' } }, "Property .data should have required property 'customer'"],
    [{ data: { id: 'o', customer: {} } }, "Property .data.customer should have required property 'id' or 'source_id'"],
    [
      { type: 'customer.consents.given', data: { customer: { id: 'c' }, consents: [{ id: 'a' }, {}] } },
      "Property .data.consents[1] should have required property 'id'",
    ],
    [
      { type: 'customer.loyalty.tier.changed', data: { customer: { id: 'c' }, campaign: { id: 'p' } } },
      "Property .data should have required property 'loyalty_tier'",
    ],
    [
      { type: 'customer.created', data: { name: 'x', id: null } },
      "Property .data should have required property 'id' or 'source_id'",
    ],
  ])('%#: is refused when %s', (change, words) => {
    expect(refusal(parseFact({ ...event, ...change }))).toBe(words);
  });

  test.each([
    ['0', '0'],
    ['000', '0'],
    ['7', '7'],
    ['0070', '70'],
    ['9'.repeat(30), '9'.repeat(30)],
    ['1'.padStart(30, '0'), '1'],
  ])('with the sequence %s has %s', (sequence, normalized) => {
    expect(parseFact({ ...event, sequence })).toMatchObject({ sequence: normalized });
  });

  test('has no sequence when it is absent or null', () => {
    expect(parseFact({ ...event, sequence: null })).toEqual(paid);
    expect(parseFact(event)).not.toHaveProperty('sequence');
  });

  test('may have any other source', () => {
    expect(parseFact({ ...event, source: '/v1/async-actions' })).toMatchObject({ source: '/v1/async-actions' });
    expect(parseFact({ ...event, source: '/V1/async-actions/1' })).toMatchObject({ source: '/V1/async-actions/1' });
  });

  test('is reported with its id and source when it cannot be parsed', () => {
    expect(parseFact({ ...event, time: 0 })).toMatchObject({ id: 'e1', source: '/shop' });
    expect(parseFact({ ...event, id: 7, source: 'x'.repeat(256) })).toMatchObject({ id: null, source: null });
    expect(parseFact('?')).toMatchObject({ id: null, source: null });
  });
});

test('one bad item does not affect the others', () => {
  const bad = fc.oneof(fc.jsonValue(), fc.record({ ...record(), data: fc.jsonValue() }, { requiredKeys: [] }));
  fc.assert(
    fc.property(fc.array(bad, { maxLength: 5 }), fc.array(bad, { maxLength: 5 }), (before, after) => {
      const results = read([...before, event, ...after]);
      expect(results).toHaveLength(before.length + 1 + after.length);
      expect(results[before.length]).toEqual(paid);
      for (const result of results) if ('error' in result) expect(result.error).toBeInstanceOf(ContractError);
    }),
  );
});

function binary(changes: Record<string, string> = {}): Record<string, string> {
  return {
    'ce-specversion': '1.0',
    'ce-id': 'e1',
    'ce-source': '/shop',
    'ce-type': 'order.paid',
    'ce-time': TIME,
    ...changes,
  };
}

function record() {
  return {
    specversion: fc.constant('1.0'),
    id: fc.string(),
    source: fc.string(),
    type: fc.oneof(fc.constantFrom(...factTypes), fc.string()),
    time: fc.constantFrom(TIME, 'x'),
  };
}
