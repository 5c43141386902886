import { Readable } from 'node:stream';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { parse as parseQuery } from 'qs';
import { ContractError, mediaType } from '#contract';
import { acceptForms, FORM } from '../cockpit/forms.js';
import type { Config } from '../config.js';
import type { Log } from '../ops/log.js';
import type { Metrics } from '../ops/metrics.js';
import { type Callers, HARMLESS } from './auth.js';
import { refuseConnection } from './client-errors.js';
import type { ClientSide } from './client-side.js';
import { jsonIn } from './json-items.js';
import type { OperationSpec } from './operation.js';
import type { RateLimit } from './rate-limits.js';
import { newRequestId } from './request.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    operation?: OperationSpec;
  }
}

/** The contract's limit for bulk bodies; smaller bodies are bounded by their DTOs. */
export const BODY_BYTES_MAX = 10_485_760;
/** The limit for bodies of unauthenticated requests. */
const OPEN_BODY_BYTES_MAX = 65_536;
/** Node's own limit for a whole request, which Fastify lifts. */
const REQUEST_MS_MAX = 300_000;
/** Ids arrive percent-encoded: a 255-character id of 4-byte characters takes 3,060 characters. */
const PARAM_LENGTH_MAX = 4_096;
/** Enough for the values of one condition of a filter. */
const [PARAMETERS_MAX, LIST_MAX] = [250, 200];
const MULTIPART = 'multipart/form-data';
const JSON_TYPES = ['application/json', 'application/cloudevents+json', 'application/cloudevents-batch+json'];

/** Fastify as the contract needs it: nested query keys, JSON with an empty body, ids of any shape. */
export function fastifyAdapter({ TRUSTED_PROXIES }: Config): FastifyAdapter {
  const adapter = new FastifyAdapter({
    ...(TRUSTED_PROXIES !== undefined && { trustProxy: TRUSTED_PROXIES }),
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_MS_MAX,
    clientErrorHandler: refuseConnection,
    genReqId: newRequestId,
    forceCloseConnections: 'idle',
    // the service answers requests on open connections until the end, in the contract's form
    return503OnClosing: false,
    frameworkErrors: (_error: Error, request: FastifyRequest, reply: FastifyReply) => {
      // such an address reaches neither a route nor Nest's filters
      const error = new ContractError('invalid_payload', 'The address is too long or not percent-encoded correctly');
      void reply
        .status(error.code)
        .type('application/json; charset=utf-8')
        .send(JSON.stringify(error.body(request.id)));
    },
    routerOptions: {
      maxParamLength: PARAM_LENGTH_MAX,
      querystringParser: (text) => parseQuery(text, { depth: 5, parameterLimit: PARAMETERS_MAX, arrayLimit: LIST_MAX }),
    },
  });
  limitOpenBodies(adapter.getInstance());
  refuseLongQueries(adapter.getInstance());
  acceptJson(adapter.getInstance());
  acceptForms(adapter.getInstance());
  acceptUploads(adapter.getInstance());
  refuseForms(adapter.getInstance());
  return adapter;
}

/** Keys of the client side are public, and the cockpit needs none. */
function limitOpenBodies(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    const role = route.config?.operation?.role;
    if (role === 'public' || role === 'client') route.bodyLimit = OPEN_BODY_BYTES_MAX;
  });
}

/** The parser would ignore further parameters, so that the answer would be to another query. */
function refuseLongQueries(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', ({ url }, _reply, done) => {
    const isLong = url.split('&', PARAMETERS_MAX + 1).length > PARAMETERS_MAX;
    done(
      isLong
        ? new ContractError('invalid_query_params', `There are more than ${PARAMETERS_MAX} parameters`)
        : undefined,
    );
  });
}

/** The SDK sends DELETE with a JSON content type and no body: an empty body is valid, not bad JSON. */
function acceptJson(fastify: FastifyInstance): void {
  fastify.removeContentTypeParser('application/json');
  fastify.addContentTypeParser(JSON_TYPES, { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, body.length === 0 ? undefined : jsonIn(body as Buffer));
    } catch (error) {
      done(error as ContractError);
    }
  });
}

/** The route reads an upload as a stream, so Fastify gets an empty body of the announced length. */
function acceptUploads(fastify: FastifyInstance): void {
  fastify.decorateRequest('upload', null);
  fastify.addContentTypeParser(MULTIPART, (_request, _payload, done) => done(null));
  fastify.addHook('onRoute', (route) => {
    if (!route.config?.operation?.upload) return;
    route.preParsing = (request, _reply, payload, done) => {
      request.upload = payload;
      const length = Number(request.headers['content-length'] ?? 0);
      if (length > BODY_BYTES_MAX) return done(new ContractError('payload_too_large'));
      done(null, Object.assign(Readable.from([]), { receivedEncodedLength: length }));
    };
  });
}

/** The types that a form of any site may send without the browser asking first, also without a body (Fetch standard). */
const FORM_TYPES = new Set([FORM, MULTIPART, 'text/plain']);

/** The one check of forms: Fastify looks at the content type of a body only, and some writes need none. */
function refuseForms(fastify: FastifyInstance): void {
  fastify.addHook('preParsing', (request, _reply, payload, done) => {
    const type = mediaType(request.headers['content-type']);
    const isRefused = FORM_TYPES.has(type) && !HARMLESS.has(request.method) && !isExpected(request, type);
    done(isRefused ? new ContractError('unsupported_media_type') : null, payload);
  });
}

function isExpected({ routeOptions }: FastifyRequest, type: string): boolean {
  const { isForm = false, upload } = routeOptions.config.operation ?? {};
  return type === FORM ? isForm : type === MULTIPART && upload !== undefined;
}

/** Authentication and rate limits of all routes. */
export interface Gates {
  readonly callers: Callers;
  readonly clients: ClientSide;
  /** The rate limit of each server-side key; undefined for none. */
  readonly limit: RateLimit | undefined;
}

/** Closed by default: every route but the public ones needs a key with its role. */
export function guardRoutes(fastify: FastifyInstance, gates: Gates): void {
  fastify.decorateRequest('caller', null);
  gates.clients.answerPreflights(fastify);
  fastify.addHook('onRequest', (request, reply, done) => {
    // caches ignore X-App-Token: they would serve the answer of one key to every caller
    void reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    try {
      admit(request, reply, gates);
      done();
    } catch (error) {
      done(error as Error);
    }
  });
}

function admit(request: FastifyRequest, reply: FastifyReply, { callers, clients, limit }: Gates): void {
  const { role = 'read' } = request.routeOptions.config.operation ?? {};
  if (role === 'public') return;
  if (role === 'client') {
    request.caller = clients.admit(request, reply);
    return;
  }
  request.caller = callers.admit(request, role);
  limit?.admit(request.caller.app_id, reply);
}

/** Counts and times every answer; the log names the route's pattern, since the address itself may name a person. */
export function measureRequests(fastify: FastifyInstance, metrics: Metrics, log: Log): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    metrics.requests.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
    log.debug(
      {
        request_id: request.id,
        app_id: request.caller?.app_id,
        method: request.method,
        route,
        status: reply.statusCode,
        ms: reply.elapsedTime,
      },
      'answered',
    );
    done();
  });
}
