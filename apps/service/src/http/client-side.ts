import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ContractError } from '#contract';
import { Config } from '../config.js';
import { sha256 } from '../secrets.js';
import { Known } from './auth.js';
import type { Caller } from './caller.js';
import { callerAt, RateLimit } from './rate-limits.js';
import { header } from './request.js';

const PATHS = '/client/v1/*';
/** Contract 8: the rate limit of one address on the client side. */
const CALLS_MAX = 5;
const WINDOW_MS = 5_000;
/** The number of addresses with a counter. */
const ADDRESSES_MAX = 100_000;
const PREFLIGHT_S_MAX = 600;

const ASKED = 'Content-Type, X-Client-Application-Id, X-Client-Token, X-Voucherify-Channel, X-Voucherify-Double-Opt-In';
const TOLD = 'X-Rate-Limit-Limit, X-Rate-Limit-Remaining, X-Rate-Limit-Retry, X-Rate-Limit-Type, Retry-After';

/** Guards routes for browsers and apps of customers. The keys are public: origins are checked, calls limited. */
export class ClientSide {
  private readonly origins: ReadonlySet<string>;
  private readonly keys: ReadonlyMap<string, Known>;
  private readonly limit = new RateLimit(CALLS_MAX, WINDOW_MS, ADDRESSES_MAX);

  constructor({ client_keys, client_origins }: Config) {
    this.origins = new Set(client_origins);
    this.keys = new Map(
      client_keys.map(({ app_id, token }) => {
        const caller: Caller = { app_id, roles: new Set(), channel: 'CLIENT_API' };
        return [app_id, new Known(caller, sha256(token))];
      }),
    );
  }

  /** Throws 403 for an origin that is not in the list, 429, and 401 for a wrong key. */
  admit(request: FastifyRequest, reply: FastifyReply): Caller {
    this.assertOrigin(request, reply);
    this.limit.admit(callerAt(request.ip), reply);
    const known = this.keys.get(header(request, 'x-client-application-id') ?? '');
    if (!known?.has(header(request, 'x-client-token') ?? ''))
      throw new ContractError('unauthorized', 'Send a valid X-Client-Application-Id and X-Client-Token');
    return known.caller;
  }

  /** Answers the preflight requests of browsers. */
  answerPreflights(fastify: FastifyInstance): void {
    const operation = { role: 'public', summary: 'Preflight', isRefused: true } as const;
    fastify.options(PATHS, { config: { operation } }, (request, reply) => {
      this.assertOrigin(request, reply);
      return reply
        .header('access-control-allow-methods', 'GET, POST, PUT')
        .header('access-control-allow-headers', ASKED)
        .header('access-control-max-age', String(PREFLIGHT_S_MAX))
        .status(204)
        .send();
    });
  }

  private assertOrigin(request: FastifyRequest, reply: FastifyReply): void {
    void reply.header('vary', 'Origin');
    const origin = header(request, 'origin');
    if (origin === undefined || !this.origins.has(origin))
      throw new ContractError('forbidden', 'This origin may not call: it is not among CLIENT_ORIGINS');
    void reply.header('access-control-allow-origin', origin).header('access-control-expose-headers', TOLD);
  }
}
