import { expect, test } from '@jest/globals';
import { toDeadLetter, deadLetterOf, settledBy, settlement, withoutValue } from './dead-letter.js';
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

test('a dead letter keeps the original record and the reason', () => {
  const body = toDeadLetter(original, fault);
  expect(body.key).toBe(original.key);
  expect(body.value).toBe(original.value);
  expect(body.headers).toMatchObject({ ...original.headers, 'x-original-offset': '41', 'x-attempts': '3' });
  expect(deadLetterOf(placed(body))).toEqual({
    ...fault,
    original,
    partition: 1,
    offset: '5',
    is_value_omitted: false,
  });
});

test('the error message is bounded, and cut between characters', () => {
  const { headers } = toDeadLetter(original, { ...fault, message: `x${'€'.repeat(1_000)}` });
  expect(headers['x-error-message']).toBe(`x${'€'.repeat(341)}`);
  expect(Buffer.byteLength(headers['x-error-message'] as string)).toBeLessThanOrEqual(1_024);
});

test('headers of a sender under the names of ours are dropped', () => {
  const forged = { ...original, headers: { 'x-settles': '1/5', 'x-original-topic': 'other', 'x-value-omitted': '1' } };
  const record = placed(toDeadLetter(forged, fault));
  expect(settledBy(record)).toBeUndefined();
  expect(deadLetterOf(record)).toMatchObject({ original: { topic: 'facts', headers: {} }, is_value_omitted: false });
});

test('a tombstone makes a dead letter, and a settlement is not read as one', () => {
  const tombstone = deadLetterOf(placed(toDeadLetter({ ...original, value: null }, fault)));
  expect(tombstone).toMatchObject({ original: { value: null } });
  const settling = placed(settlement(tombstone!, 'dropped'));
  expect(settling.value).toBeNull();
  expect(deadLetterOf(settling)).toBeUndefined();
  expect(settledBy(settling)).toBe('5');
  expect(settledBy({ ...settling, partition: 2 })).toBeUndefined();
});

test('a dead letter that is too large is sent without its value', () => {
  const letter = deadLetterOf(placed(withoutValue(toDeadLetter(original, fault))));
  expect(letter).toMatchObject({ is_value_omitted: true, original: { value: null, offset: '41' } });
});
