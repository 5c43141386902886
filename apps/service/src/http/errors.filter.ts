import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ContractError, type ErrorKey } from '#contract';
import { isDatabaseAway, StoreOverloaded, StoreUnavailable, TooManyConflicts, UnreadableEvent } from '#event-store';
import { UnknownCursor } from '#database';
import { RebuildClosed, RebuildOpen, ScrollTooWide } from '#read-model';
import { Log } from '../ops/log.js';

/** Error keys of the contract for errors that Fastify and Nest throw. */
const BY_STATUS: { readonly [status: number]: ErrorKey } = {
  400: 'invalid_payload',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
  429: 'too_many_requests',
  503: 'unavailable',
};

const DRAIN_MS_MAX = 5_000;

/** Answers every error in the contract's form; logs unexpected ones and shows them as internal errors. */
@Catch()
export class ErrorsFilter implements ExceptionFilter {
  constructor(@Inject(Log) private readonly log: Log) {}

  async catch(thrown: unknown, host: ArgumentsHost): Promise<void> {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const error = contractError(thrown);
    if (error.code === 503 && !(thrown instanceof ContractError))
      this.log.warn({ err: thrown, request_id: request.id }, 'an engine is unavailable');
    if (error.code === 500) this.log.error({ err: thrown, request_id: request.id }, 'request failed');
    advise(error, request, reply);
    if (error.code === 413) await drained(request.raw);
    void reply
      .status(error.code)
      .type('application/json; charset=utf-8')
      .send(JSON.stringify(error.body(request.id)));
  }
}

/** Headers that tell the client how to try again: later, or with a key. */
function advise({ code }: ContractError, request: FastifyRequest, reply: FastifyReply): void {
  const isLater = code === 429 || code === 503;
  if (isLater && !reply.hasHeader('retry-after')) void reply.header('retry-after', '1');
  // on the client side a browser would ask its user for a password that does not exist
  const isOurs = request.routeOptions.config.operation?.role !== 'client';
  if (code === 401 && isOurs) void reply.header('www-authenticate', 'Basic realm="customer-ledger"');
}

/** A client reads no answer while it sends, so the rest of the body is discarded, up to a time limit. */
function drained(body: IncomingMessage): Promise<unknown> {
  body.resume();
  return finished(body, { signal: AbortSignal.timeout(DRAIN_MS_MAX) }).catch(() => undefined);
}

export function contractError(thrown: unknown): ContractError {
  if (thrown instanceof ContractError) return thrown;
  if (thrown instanceof StoreOverloaded || thrown instanceof TooManyConflicts)
    return new ContractError('too_many_requests');
  if (thrown instanceof StoreUnavailable || isDatabaseAway(thrown))
    return new ContractError('unavailable', 'A part of the service is unavailable at the moment: try again');
  return refusal(thrown) ?? foreign(thrown);
}

/** The contract's error for a request that the read model refuses. */
function refusal(thrown: unknown): ContractError | undefined {
  if (thrown instanceof ScrollTooWide || thrown instanceof UnknownCursor)
    return new ContractError('invalid_query_params', thrown.message);
  if (thrown instanceof RebuildOpen || thrown instanceof RebuildClosed)
    return new ContractError('conflict', thrown.message, { id: thrown.id, type: 'rebuild' });
  if (thrown instanceof UnreadableEvent)
    return new ContractError('internal_error', `Event ${thrown.revision} of this history cannot be read: verify it`);
  return undefined;
}

function foreign(thrown: unknown): ContractError {
  const key = BY_STATUS[statusOf(thrown)];
  return key === undefined ? new ContractError('internal_error') : new ContractError(key, detailsOf(thrown));
}

function statusOf(thrown: unknown): number {
  if (thrown instanceof HttpException) return thrown.getStatus();
  const status = (thrown as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : 500;
}

/** The message of a framework error, without the quoted address of an unknown route. */
function detailsOf(thrown: unknown): string | undefined {
  if (thrown instanceof HttpException) return statusOf(thrown) === 404 ? 'No such route' : thrown.message;
  return thrown instanceof Error ? thrown.message : undefined;
}
