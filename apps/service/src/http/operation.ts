import { applyDecorators, Header, HttpCode } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { Dto } from '#contract';
import type { Role } from '../config.js';
import { type Bound, boundBy } from './bound.js';

/** A route. The key guard, the answers and /openapi.json all read it. */
export interface OperationSpec extends Bound {
  /** `public` routes need no key; `client` routes need one of CLIENT_KEYS. */
  readonly role: Role | 'public' | 'client';
  readonly summary: string;
  readonly description?: string;
  /** Success status; the contract answers POST with 200, not 201. */
  readonly status?: 200 | 202 | 204 | 303;
  readonly type?: 'application/json' | 'text/event-stream' | 'text/html' | 'text/plain' | 'text/csv';
  /** True when the body is an HTML form. */
  readonly isForm?: true;
  /** Name of the component schema of the answer. */
  readonly answer?: string;
  /** The handler reads the body as a stream (`uploaded`): one `body`, which is named here, a list of them, or a file. */
  readonly upload?: 'list' | 'object' | 'file';
  /** True for a route of the contract that this service refuses; the description leaves it out. */
  readonly isRefused?: true;
  readonly headers?: readonly ('Idempotency-Key' | 'If-Match' | 'If-None-Match' | 'X-Ledger-Min-Position')[];
}

/** Bodies and queries are those of the parameters; only a body that is read as a stream has no parameter. */
type Declared = Omit<OperationSpec, keyof Bound | 'upload'> &
  ({ readonly upload?: 'file' } | { readonly upload: 'list' | 'object'; readonly body: Dto });

/** Declares a route's role, status, content type and documentation in one place. */
export function Operation(spec: Declared): MethodDecorator {
  const { status = 200, type = 'application/json' } = spec;
  return (controller, method, descriptor) => {
    const operation: OperationSpec = { ...boundBy(controller, method), ...spec };
    applyDecorators(
      RouteConfig({ operation }),
      HttpCode(status),
      ...(status === 204 || status === 303 ? [] : [Header('content-type', `${type}; charset=utf-8`)]),
    )(controller, method, descriptor);
  };
}
