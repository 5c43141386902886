import { describe, expect, test } from '@jest/globals';
import { factOf, keyOfRecord } from './fact-record.js';
import type { Headers } from './record.js';

const data = { customer: { source_id: 'ann' }, type: 'seen' };
const event = {
  specversion: '1.0',
  id: '1',
  source: '/shop',
  type: 'customer.custom_event',
  time: '2026-01-01T00:00:00Z',
};
const binary = Object.fromEntries(Object.entries(event).map(([name, text]) => [`ce_${name}`, Buffer.from(text)]));
const STRUCTURED = { 'content-type': Buffer.from('application/cloudevents+json; charset=utf-8') };

const record = (headers: Headers, value: unknown, key: string | null = null) => ({
  key: key === null ? null : Buffer.from(key),
  value: value === null ? null : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
  headers,
  offset: '7',
});
const problem = (headers: Headers, value: unknown): string => {
  const fact = factOf(record(headers, value));
  return 'error' in fact ? fact.error.details : '';
};

describe('a fact in a record', () => {
  const fact = { id: '1', source: '/shop', type: 'customer.custom_event', data: expect.objectContaining(data) };

  test('is parsed in binary mode, with and without a content type', () => {
    expect(factOf(record({ ...binary, 'content-type': Buffer.from('application/json') }, data))).toMatchObject(fact);
    expect(factOf(record(binary, data))).toMatchObject(fact);
  });

  test('is parsed in structured mode, and as plain JSON', () => {
    expect(factOf(record(STRUCTURED, { ...event, data }))).toMatchObject(fact);
    expect(factOf(record({}, { ...event, data }))).toMatchObject(fact);
  });

  test('keeps percent signs of binary headers as they are', () => {
    const headers = { ...binary, ce_id: Buffer.from('10%25 öff') };
    expect(factOf(record(headers, data))).toMatchObject({ id: '10%25 öff' });
  });

  test('may have a sequence in either mode', () => {
    expect(factOf(record({ ...binary, ce_sequence: Buffer.from('0012') }, data))).toMatchObject({ sequence: '12' });
    expect(factOf(record(STRUCTURED, { ...event, sequence: '0012', data }))).toMatchObject({ sequence: '12' });
    expect(problem({ ...binary, ce_sequence: Buffer.from('12a') }, data)).toMatch(
      '.sequence must be a text of 1 to 30',
    );
    expect(problem(STRUCTURED, { ...event, sequence: 12, data })).toMatch('.sequence must be a text of 1 to 30');
  });

  test('follows the content type, not stray headers', () => {
    const headers = { ...STRUCTURED, ce_id: Buffer.from('other') };
    expect(factOf(record(headers, { ...event, data }))).toMatchObject({ id: '1' });
  });

  test('is refused in a tombstone, a batch or an array', () => {
    expect(problem(binary, null)).toMatch('tombstone');
    expect(problem({ 'content-type': Buffer.from('application/cloudevents-batch+json') }, [])).toMatch('batch mode');
    expect(problem({}, [{ ...event, data }])).toMatch('not an array');
    expect(problem(STRUCTURED, [{ ...event, data }])).toMatch('not an array');
    expect(problem({ 'content-type': Buffer.from('text/plain') }, 'x')).toMatch('Send CloudEvents');
    expect(problem({}, '{')).toMatch('not JSON');
    expect(problem({ ...binary, ce_id: Buffer.from([0xff]) }, data)).toMatch('UTF-8');
    expect(problem(binary, {})).toMatch('required property');
  });

  test('ignores foreign headers', () => {
    expect(factOf(record({ ...binary, trace: Buffer.from([0xff]) }, data))).toMatchObject(fact);
  });

  test('without a time stays without one', () => {
    const { ce_time: _time, ...rest } = binary;
    expect(problem(rest, data)).toMatch("'time'");
  });
});

describe('the key of a record', () => {
  const keyOf = (key: string | null, value: object): string => {
    const one = record({}, value, key);
    return keyOfRecord(one, factOf(one));
  };

  test('is the Kafka key, else the customer, else its own', () => {
    expect(keyOf('k', { ...event, data })).toBe('key k');
    expect(keyOf(null, { ...event, data })).toBe('customer ann');
    expect(keyOf('', { ...event, type: 'customer.updated', data: { source_id: 'bob' } })).toBe('customer bob');
    expect(keyOf(null, {})).toBe('offset 7');
  });
});
