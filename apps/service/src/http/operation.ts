import { applyDecorators, Header, HttpCode } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { Role } from '../config.js';

/** The declaration of a route. The key guard, the answers and /openapi.json all read it. */
export interface OperationSpec {
  /** `public` routes need no key; `client` routes need one of CLIENT_KEYS. */
  readonly role: Role | 'public' | 'client';
  readonly summary: string;
  readonly description?: string;
  /** Success status; the contract answers POST with 200, not 201. */
  readonly status?: 200 | 202 | 204 | 303;
  readonly type?: 'application/json' | 'text/event-stream' | 'text/html' | 'text/plain' | 'text/csv';
  /** DTO classes whose JSON Schemas describe the body and the query. */
  readonly body?: DtoClass;
  readonly query?: DtoClass;
  /** The DTO class of a list body, and its longest length. */
  readonly bodies?: { readonly of: DtoClass; readonly max: number };
  /** True when the body is an HTML form. */
  readonly isForm?: true;
  /** Name of the component schema of the answer. */
  readonly answer?: string;
  /** The handler reads the body as a stream (`uploaded`); it is one `body`, a list of them, or a file. */
  readonly upload?: 'list' | 'object' | 'file';
  /** True for a route of the contract that this service refuses; the description leaves it out. */
  readonly isRefused?: true;
  readonly headers?: readonly ('Idempotency-Key' | 'If-Match' | 'If-None-Match' | 'X-Ledger-Min-Position')[];
}

export type DtoClass = new () => object;

/** Declares a route's role, status, content type and documentation in one place. */
export function Operation(spec: OperationSpec): MethodDecorator {
  const type = spec.type ?? 'application/json';
  return applyDecorators(
    RouteConfig({ operation: spec }),
    HttpCode(spec.status ?? 200),
    ...(spec.status === 204 || spec.status === 303 ? [] : [Header('content-type', `${type}; charset=utf-8`)]),
  );
}
