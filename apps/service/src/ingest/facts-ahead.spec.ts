import { describe, expect, test } from '@jest/globals';
import type { CommandBus } from '@nestjs/cqrs';
import { type Fact, parseFact, type UnreadableFact } from '#contract';
import type { FactHandler } from '#messaging';
import type { Broker } from '../broker.js';
import { loadConfig } from '../config.js';
import { Metrics } from '../ops/metrics.js';
import { FactDigests } from './fact-digests.js';
import { FactsAhead } from './facts-ahead.js';
import { FactsConsumer } from './facts-consumer.js';
import { Ingest } from './ingest.js';

const NOW = '2026-03-01T10:00:00.500Z';
const LIMIT = '2026-03-01T10:05:00.500Z';
const BEYOND = '2026-03-01T10:05:00.500000001Z';

function guard(FACTS_AHEAD_MAX_S = '300') {
  const clock = { at: NOW, now: () => clock.at };
  return { clock, ahead: new FactsAhead(loadConfig({ FACTS_AHEAD_MAX_S }), clock) };
}

const fact = (type: string, time: string, data: object): Fact =>
  parseFact({ specversion: '1.0', id: '1', source: '/shop', type, time, data }) as Fact;
const customer = { source_id: 'ada' };
const seen = (time: string): Fact => fact('customer.custom_event', time, { type: 'seen', customer });

describe('a fact ahead of the clock', () => {
  test('is accepted at the exact limit, in every spelling of the time', () => {
    const { ahead } = guard();
    for (const time of [NOW, LIMIT, '2026-03-01T12:05:00.500000000+02:00', '1999-01-01'])
      expect(ahead.refusal(seen(time))).toBeUndefined();
    expect(ahead.warning).toBeUndefined();
  });

  test('is refused a nanosecond later, with the seconds in the error', () => {
    const { ahead } = guard();
    expect(ahead.refusal(seen(BEYOND))?.body('v-1')).toMatchObject({
      code: 400,
      key: 'fact_ahead',
      details: 'Property .time is 300.000000001 s ahead of the clock; at most 300 s are allowed',
    });
    expect(ahead.refusal(seen('2026-03-01T10:05:01.5Z'))?.details).toMatch('is 301 s ahead');
    expect(ahead.refusal(seen('9999-12-31'))?.details).toMatch('.time is 251629855199.5 s ahead');
  });

  test.each([
    ['order.paid', { id: 'o', customer, updated_at: BEYOND }, '.data.updated_at'],
    ['order.created', { id: 'o', customer, created_at: BEYOND }, '.data.created_at'],
    ['customer.created', { source_id: 'ada', created_at: BEYOND }, '.data.created_at'],
    ['redemption.succeeded', { id: 'r', customer, date: BEYOND }, '.data.date'],
    ['redemption.rollback.succeeded', { id: 'b', redemption: 'r', customer, date: BEYOND }, '.data.date'],
    [
      'customer.referred',
      { customer, referrer: { id: 'b' }, campaign: { id: 'c' }, redemption: { id: 'r' }, date: BEYOND },
      '.data.date',
    ],
  ])('%s is refused for %j', (type, data, path) => {
    expect(guard().ahead.refusal(fact(type, NOW, data))?.details).toMatch(`Property ${path} is 300.000000001 s`);
  });

  test('names each of its times that is too far ahead', () => {
    const order = fact('order.paid', '2026-03-01T11:00:00.5Z', { id: 'o', customer, updated_at: BEYOND });
    expect(guard().ahead.refusal(order)?.details).toBe(
      'Property .time is 3600 s ahead of the clock; Property .data.updated_at is 300.000000001 s ahead of the clock; ' +
        'at most 300 s are allowed',
    );
  });

  test('is refused at any time after the clock when 0 s are allowed', () => {
    const { ahead } = guard('0');
    expect(ahead.refusal(seen(NOW))).toBeUndefined();
    expect(ahead.refusal(seen('2026-03-01T10:00:00.500000001Z'))).toBeDefined();
  });
});

test('health shows a warning until five minutes after the last refusal', () => {
  const { clock, ahead } = guard();
  ahead.refusal(seen(BEYOND));
  expect(ahead.warning).toMatch('the clock of this service may be slow');
  clock.at = '2026-03-01T10:05:00.500Z';
  expect(ahead.warning).toBeDefined();
  clock.at = '2026-03-01T10:05:00.501Z';
  expect(ahead.warning).toBeUndefined();
  clock.at = '2026-02-01T10:00:00.000Z';
  expect(ahead.warning).toBeUndefined();
});

const DIGESTS = new FactDigests(Buffer.alloc(32));

test('a fact ahead from Kafka goes to the dead letters with its key, without a command', async () => {
  const config = loadConfig({});
  const refuse = () => Promise.reject(new Error('no command is expected'));
  const metrics = new Metrics();
  const ingest = new Ingest({ execute: refuse } as unknown as CommandBus, config, metrics, guard().ahead, DIGESTS);
  let handle: ((given: Fact | UnreadableFact) => ReturnType<FactHandler>) | undefined;
  const broker = { consumer: (handler: typeof handle) => (handle = handler) } as unknown as Broker;
  new FactsConsumer(broker, ingest, config, metrics);
  expect(await handle?.(seen(BEYOND))).toStrictEqual({
    kind: 'refused',
    error_class: 'fact_ahead',
    message: 'Property .time is 300.000000001 s ahead of the clock; at most 300 s are allowed',
  });
});
