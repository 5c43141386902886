import { describe, expect, test } from '@jest/globals';
import { LAST, next, nine, precise, shown } from './instant.js';

describe('instants', () => {
  test('have nine digits, of which the contract shows three', () => {
    expect(nine('2024-05-01T10:00:00.123Z')).toBe('2024-05-01T10:00:00.123000000Z');
    expect(nine('2024-05-01T10:00:00.123456789Z')).toBe('2024-05-01T10:00:00.123456789Z');
    expect(shown('2024-05-01T10:00:00.123456789Z')).toBe('2024-05-01T10:00:00.123Z');
  });

  test('show an auditor the digits that decide, and no more', () => {
    expect(precise('2024-05-01T10:00:00.123000000Z')).toBe('2024-05-01T10:00:00.123Z');
    expect(precise('2024-05-01T10:00:00.123000001Z')).toBe('2024-05-01T10:00:00.123000001Z');
  });

  test('are followed by the one a millisecond later; the last has no successor', () => {
    expect(next('2024-12-31T23:59:59.999000001Z')).toBe('2025-01-01T00:00:00.000000001Z');
    expect(next('9999-12-31T23:59:59.998000000Z')).toBe('9999-12-31T23:59:59.999000000Z');
    expect(next('9999-12-31T23:59:59.999000000Z')).toBe(LAST);
    expect(next(LAST)).toBe(LAST);
  });
});
