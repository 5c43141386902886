import { expect, test } from '@jest/globals';
import { deadLetter, letterOf, settledBy, settlement, withoutValue } from './dead-letter.js';
import type { PlacedRecord, RecordBody } from './record.js';

const original: PlacedRecord = {
  topic: 'facts',
  partition: 2,
  offset: '41',
  timestamp: '1767225600000',
  key: Buffer.from('ann'),
  value: Buffer.from([0, 255, 1]),
  headers: { ce_id: Buffer.from('1'), trace: Buffer.from([9]) },
};
const fault = {
  error_class: 'ContractError',
  message: 'is bad',
  attempts: 3,
  first_failed_at: '2026-01-01T00:00:00.000Z',
  consumer_group: 'ledger',
};
const placed = (body: RecordBody): PlacedRecord => ({
  ...body,
  topic: 'dlq',
  partition: 1,
  offset: '5',
  timestamp: '1',
});

test('a letter is its original and why it was put aside', () => {
  const body = deadLetter(original, fault);
  expect(body.key).toBe(original.key);
  expect(body.value).toBe(original.value);
  expect(body.headers).toMatchObject({ ...original.headers, 'x-original-offset': '41', 'x-attempts': '3' });
  expect(letterOf(placed(body))).toEqual({ ...fault, original, partition: 1, offset: '5', is_value_omitted: false });
});

test('what is said of the error is bounded, and cut between characters', () => {
  const { headers } = deadLetter(original, { ...fault, message: `x${'€'.repeat(1_000)}` });
  expect(headers['x-error-message']).toBe(`x${'€'.repeat(341)}`);
  expect(Buffer.byteLength(headers['x-error-message'] as string)).toBeLessThanOrEqual(1_024);
});

test('a sender cannot pass for us: headers of our names are not taken over', () => {
  const forged = { ...original, headers: { 'x-settles': '1/5', 'x-original-topic': 'other', 'x-value-omitted': '1' } };
  const record = placed(deadLetter(forged, fault));
  expect(settledBy(record)).toBeUndefined();
  expect(letterOf(record)).toMatchObject({ original: { topic: 'facts', headers: {} }, is_value_omitted: false });
});

test('a tombstone is a letter like any other, and a settlement is none', () => {
  const tombstone = letterOf(placed(deadLetter({ ...original, value: null }, fault)));
  expect(tombstone).toMatchObject({ original: { value: null } });
  const settling = placed(settlement(tombstone!, 'dropped'));
  expect(settling.value).toBeNull();
  expect(letterOf(settling)).toBeUndefined();
  expect(settledBy(settling)).toBe('5');
  expect(settledBy({ ...settling, partition: 2 })).toBeUndefined();
});

test('a letter that is too large goes without its value', () => {
  const letter = letterOf(placed(withoutValue(deadLetter(original, fault))));
  expect(letter).toMatchObject({ is_value_omitted: true, original: { value: null, offset: '41' } });
});
