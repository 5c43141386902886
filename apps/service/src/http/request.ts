import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ContractError } from '#contract';
import type { Caller } from './caller.js';

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | null;
    /** The body of a route that reads it itself. */
    upload: Readable | null;
  }
}

/** Contract form of a request id: `v-` and 18 hex digits. */
export const newRequestId = (): string => `v-${randomUUID().replaceAll('-', '').slice(0, 18)}`;

/** The request, for its caller, id and headers. */
export const Incoming = createParamDecorator((_: unknown, context: ExecutionContext): FastifyRequest =>
  context.switchToHttp().getRequest<FastifyRequest>(),
);

/** A header sent once, as text. */
export function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}

/**
 * True unless a page of another site sent the request, or one that hides its site. Browsers report the site in
 * `Sec-Fetch-Site` (over https), else the origin, which is `null` without a referrer. A request without either is not from a page.
 */
export function isOwnPage(request: FastifyRequest): boolean {
  const site = header(request, 'sec-fetch-site');
  if (site !== undefined) return site === 'same-origin';
  const origin = header(request, 'origin');
  return origin === undefined || hostOf(origin) === request.headers.host;
}

/** The same for a page of ours that sends no referrer, so that its origin is `null`: its forms need a token as well. */
export const isOwnHiddenPage = (request: FastifyRequest): boolean =>
  isOwnPage(request) || (header(request, 'sec-fetch-site') === undefined && header(request, 'origin') === 'null');

/** Runs an action once the answer has ended or the client has left, at once when that has happened already. */
export function onceClosed(response: ServerResponse, action: () => void): void {
  if (response.closed || response.destroyed) action();
  else response.once('close', action);
}

const hostOf = (origin: string): string | undefined => (URL.canParse(origin) ? new URL(origin).host : undefined);

/** The app id of the caller's key; for routes that need a key. */
export const appId = (request: FastifyRequest): string => request.caller?.app_id ?? '';

/** The actor and the request id, for the metadata of events. */
export const contextOf = (request: FastifyRequest) => ({
  actor: { channel: request.caller?.channel ?? 'API', key: appId(request) },
  correlation_id: request.id,
});

/** The `Idempotency-Key` of a write: 1 to 255 characters. */
export function idempotencyKey(request: FastifyRequest): string | undefined {
  const key = header(request, 'idempotency-key');
  if (key !== undefined && (key.length === 0 || key.length > 255)) {
    throw new ContractError('invalid_payload', 'Idempotency-Key must have 1 to 255 characters');
  }
  return key;
}

/** The body of an upload as a stream. An early stop keeps the connection open for the answer and discards the rest. */
export async function* uploaded({ upload }: FastifyRequest): AsyncGenerator<Buffer> {
  if (!upload) return;
  try {
    yield* upload.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  } finally {
    upload.resume();
  }
}
