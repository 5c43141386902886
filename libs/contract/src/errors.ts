import { limits } from './limits.js';

interface ErrorKind {
  readonly status: number;
  readonly message: string;
  /** The default details. */
  readonly details: string;
}

/** Every error that leaves the service: key -> status and message. */
export const errors = {
  invalid_payload: { status: 400, message: 'Invalid payload', details: 'The payload cannot be read' },
  invalid_query_params: { status: 400, message: 'Invalid query params', details: 'The query cannot be read' },
  invalid_amount: {
    status: 400,
    message: 'Invalid amount',
    details: 'The amount would take a total beyond the exact integers (2^53 - 1)',
  },
  fact_ahead: {
    status: 400,
    message: 'Fact ahead of time',
    details: 'A time of the fact lies too far in the future',
  },
  not_enough_source_ids: {
    status: 400,
    message: 'Not enough source ids',
    details: 'Specify at least 1 source_id',
  },
  metadata_validation_failed: {
    status: 400,
    message: 'Metadata validation failed',
    details: 'The metadata do not match the schema',
  },
  invalid_export_fields: {
    status: 400,
    message: 'Invalid export fields',
    details: 'Unsupported field used',
  },
  invalid_export_params: {
    status: 400,
    message: 'Invalid export params',
    details: 'The parameters cannot be read',
  },
  missing_customer: {
    status: 400,
    message: 'Missing customer',
    details: 'An order needs a customer: send customer or customer_id',
  },
  invalid_customer: { status: 400, message: 'Invalid customer', details: 'The customer is given incorrectly' },
  unauthorized: { status: 401, message: 'Unauthorized', details: 'Send X-App-Id and X-App-Token of a known key' },
  forbidden: { status: 403, message: 'Forbidden', details: 'This is not allowed' },
  missing_required_permission: {
    status: 403,
    message: 'Missing required permission',
    details: 'The role of this key does not allow it',
  },
  not_found: { status: 404, message: 'Resource not found', details: 'There is no such resource' },
  method_not_allowed: {
    status: 405,
    message: 'Method not allowed',
    details: 'This resource does not support the method',
  },
  not_acceptable: { status: 406, message: 'Not acceptable', details: 'The answer is application/json' },
  request_timeout: { status: 408, message: 'Request timeout', details: 'The request was not complete in time' },
  duplicate_found: {
    status: 409,
    message: 'Duplicated resource found',
    details: 'The identifiers belong to different resources',
  },
  fact_conflict: {
    status: 409,
    message: 'Conflicting fact',
    details: 'Another fact has the same source, id and sequence but different content; the first one counts',
  },
  conflict: {
    status: 409,
    message: 'Conflict',
    details: 'An operation in progress does not allow it',
  },
  customer_deleted: {
    status: 410,
    message: 'Customer deleted',
    details: 'The fact is dated at or before the deletion of its customer',
  },
  precondition_failed: { status: 412, message: 'Precondition failed', details: 'The resource has changed since' },
  payload_too_large: {
    status: 413,
    message: `Payload content length greater than maximum allowed: ${limits.body_bytes_max}`,
    details: '',
  },
  unsupported_media_type: { status: 415, message: 'Unsupported media type', details: 'Send application/json' },
  idempotency_key_reused: {
    status: 422,
    message: 'Idempotency key reused',
    details: 'This Idempotency-Key was used with a different request',
  },
  too_many_requests: { status: 429, message: 'Too many requests hit the API too quickly.', details: '' },
  headers_too_large: {
    status: 431,
    message: 'Request header fields too large',
    details: 'The address and the headers together take more than 16 KB',
  },
  internal_error: { status: 500, message: 'Internal error', details: 'The request could not be carried out' },
  unavailable: { status: 503, message: 'Service unavailable', details: 'Try again in a moment' },
} as const satisfies Readonly<Record<string, ErrorKind>>;

export type ErrorKey = keyof typeof errors;

export interface Resource {
  readonly id: string;
  readonly type: string;
}

/** An error in the contract's form. `code` is the HTTP status. */
export class ContractError extends Error {
  readonly code: number;
  readonly details: string;
  readonly resource_id?: string;
  readonly resource_type?: string;

  constructor(
    readonly key: ErrorKey,
    details?: string,
    resource?: Resource,
  ) {
    const { status, message, details: usual } = errors[key];
    super(message);
    this.name = 'ContractError';
    this.code = status;
    this.details = details ?? usual;
    if (resource) {
      this.resource_id = resource.id;
      this.resource_type = resource.type;
    }
  }

  /** Names the first problems, and the number of the others. */
  static ofProblems(key: ErrorKey, problems: readonly string[]): ContractError {
    const more = problems.length - limits.problems_max;
    const named = problems.slice(0, limits.problems_max).join('; ');
    return new ContractError(key, more > 0 ? `${named}; and ${more} more` : named);
  }

  /** `ref` is the identifier as the client sent it: an id or a source id. */
  static resourceNotFound(type: string, ref: string): ContractError {
    return new ContractError('not_found', `Cannot find ${type} with id ${ref}`, { id: ref, type });
  }

  static customerNotFound(ref: string): ContractError {
    return ContractError.resourceNotFound('customer', ref);
  }

  /** The body of the answer. The contract leaves key and details out of two errors. */
  body(requestId: string): Readonly<Record<string, unknown>> {
    const { code, key, message, details } = this;
    if (key === 'payload_too_large') return { statusCode: code, error: 'Request Entity Too Large', message };
    if (key === 'too_many_requests') return { code, message };
    return {
      code,
      key,
      message,
      details,
      request_id: requestId,
      ...(this.resource_id !== undefined && { resource_id: this.resource_id, resource_type: this.resource_type }),
    };
  }
}
