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

  const usual: [ErrorKey, number, string][] = [
    ['invalid_payload', 400, 'Invalid payload'],
    ['invalid_query_params', 400, 'Invalid query params'],
    ['invalid_amount', 400, 'Invalid amount'],
    ['fact_ahead', 400, 'Fact ahead of time'],
    ['not_enough_source_ids', 400, 'Not enough source ids'],
    ['metadata_validation_failed', 400, 'Metadata validation failed'],
    ['invalid_export_fields', 400, 'Invalid export fields'],
    ['invalid_export_params', 400, 'Invalid export params'],
    ['missing_customer', 400, 'Missing customer'],
    ['invalid_customer', 400, 'Invalid customer'],
    ['unauthorized', 401, 'Unauthorized'],
    ['forbidden', 403, 'Forbidden'],
    ['missing_required_permission', 403, 'Missing required permission'],
    ['not_found', 404, 'Resource not found'],
    ['method_not_allowed', 405, 'Method not allowed'],
    ['not_acceptable', 406, 'Not acceptable'],
    ['request_timeout', 408, 'Request timeout'],
    ['duplicate_found', 409, 'Duplicated resource found'],
    ['fact_conflict', 409, 'Conflicting fact'],
    ['conflict', 409, 'Conflict'],
    ['customer_deleted', 410, 'Customer deleted'],
    ['precondition_failed', 412, 'Precondition failed'],
    ['unsupported_media_type', 415, 'Unsupported media type'],
    ['idempotency_key_reused', 422, 'Idempotency key reused'],
    ['headers_too_large', 431, 'Request header fields too large'],
    ['internal_error', 500, 'Internal error'],
    ['unavailable', 503, 'Service unavailable'],
  ];

  test.each(usual)('of %s has status %i and its message', (key, code, message) => {
    expect(new ContractError(key, 'Why').body('v-1')).toStrictEqual({
      code,
      key,
      message,
      details: 'Why',
      request_id: 'v-1',
    });
    expect(new ContractError(key).details).not.toBe('');
  });

  test('has a test for every error key', () => {
    const checked = [...usual.map(([key]) => key), 'payload_too_large', 'too_many_requests'];
    expect(checked.sort()).toStrictEqual(Object.keys(errors).sort());
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
