import { describe, expect, test } from '@jest/globals';
import { ContractError, type ErrorKey, errors } from './errors.js';
import { rejected } from './rejections.js';

describe('an error body', () => {
  test('of an unknown customer is the canonical 404', () => {
    expect(ContractError.customerNotFound('a/b c').body('v-0123456789abcdef01')).toStrictEqual({
      code: 404,
      key: 'not_found',
      message: 'Resource not found',
      details: 'Cannot find customer with id a/b c',
      request_id: 'v-0123456789abcdef01',
      resource_id: 'a/b c',
      resource_type: 'customer',
    });
  });

  test('has neither key nor code when the payload is too large', () => {
    expect(new ContractError('payload_too_large').body('v-1')).toStrictEqual({
      statusCode: 413,
      error: 'Request Entity Too Large',
      message: 'Payload content length greater than maximum allowed: 10485760',
    });
  });

  test('has only code and message when there are too many requests', () => {
    expect(new ContractError('too_many_requests', 'not shown').body('v-1')).toStrictEqual({
      code: 429,
      message: 'Too many requests hit the API too quickly.',
    });
  });

  const usual = (Object.keys(errors) as ErrorKey[]).filter(
    (key) => key !== 'payload_too_large' && key !== 'too_many_requests',
  );

  test.each(usual)('of %s has its status, key and message, with usual details', (key) => {
    const { status: code, message } = errors[key];
    expect(new ContractError(key, 'Why').body('v-1')).toStrictEqual({
      code,
      key,
      message,
      details: 'Why',
      request_id: 'v-1',
    });
    expect(new ContractError(key).details).not.toBe('');
  });
});

describe('a rejection of the domain', () => {
  test('not_found names the customer as the client did', () => {
    expect(rejected({ code: 'not_found', details: {} }, 'src').details).toBe('Cannot find customer with id src');
    expect(rejected({ code: 'not_found', details: { ref: 'cust_1' } }).resource_id).toBe('cust_1');
    expect(rejected({ code: 'not_found', details: { source_id: 's' } }).resource_id).toBe('s');
  });

  test('each code maps to an error', () => {
    expect(rejected({ code: 'invalid_amount', details: {} }).key).toBe('invalid_amount');
    expect(rejected({ code: 'revision_mismatch', details: {} }).key).toBe('precondition_failed');
    expect(rejected({ code: 'fact_conflict', details: {} }).key).toBe('fact_conflict');
    expect(rejected({ code: 'customer_deleted', details: {} }).key).toBe('customer_deleted');
    expect(rejected({ code: 'customer_deleted', details: { released_at: '2024-05-01' } }).details).toMatch(
      '2024-05-01',
    );
    expect(rejected({ code: 'duplicate_found', details: {} }).key).toBe('duplicate_found');
    expect(rejected({ code: 'duplicate_found', details: { customer_id: 'cust_1' } }).details).toBe(
      'Duplicated customer exists with id cust_1',
    );
  });
});
