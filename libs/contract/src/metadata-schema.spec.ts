import { describe, expect, test } from '@jest/globals';
import { CustomerBody } from './dto/customer.js';
import { metadataProblem, type MetadataRules, type MetadataType, typedCell } from './metadata-schema.js';
import { parse } from './parse.js';

const rules = (type: MetadataType): MetadataRules => ({
  properties: { key: { type, array: false, optional: true } },
  allow_defined_only: false,
});
const problem = (type: MetadataType, key: unknown): string | undefined =>
  metadataProblem(rules(type), { key }, () => undefined);

describe('a date-time of metadata', () => {
  test.each(['2024-05-01T10:00:00.123456789Z', '9999-12-31T23:59:59+01:00'])('accepts %s', (value) => {
    expect(problem('datetime', value)).toBeUndefined();
  });

  test.each([
    ['soon', 'must be an ISO 8601 date-time'],
    ['2024-05-01T10:00:00.1234567890Z', 'must have at most nine digits of a second'],
    ['9999-12-31T23:59:59.999-12:00', 'must be within the years 1000 to 9999 in UTC'],
    ['1000-01-01T00:00:00+14:00', 'must be within the years 1000 to 9999 in UTC'],
  ])('refuses %s', (value, words) => {
    expect(problem('datetime', value)).toBe(`key: ${words} (actual value is '${value}')`);
  });
});

describe('a number in a cell of a CSV file', () => {
  const refusal = (text: string): string | undefined =>
    parse(CustomerBody, { metadata: { key: typedCell(rules('number'), 'key', text) } }).error?.details;

  test.each(['9007199254740991', '-9007199254740991', '0.5'])('accepts %s', (text) => {
    expect(refusal(text)).toBeUndefined();
  });

  test.each(['9007199254740992', '9007199254740993', '-9007199254740993', '1e21'])('refuses %s', (text) => {
    expect(refusal(text)).toBe('Property .metadata must hold numbers from -(2^53 - 1) to 2^53 - 1 only');
  });

  test('is refused by its type when it overflows', () => {
    expect(problem('number', typedCell(rules('number'), 'key', '1e400'))).toBe(
      "key: must be a number (actual value is '1e400')",
    );
  });

  test('stays text, with all its digits, without a schema', () => {
    expect(typedCell({ properties: {}, allow_defined_only: false }, 'key', '9007199254740993')).toBe(
      '9007199254740993',
    );
  });
});
