import { timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { ContractError } from '#contract';
import type { Role } from '../config.js';
import { sha256, type StoredKey } from '../secrets.js';
import type { Caller } from './caller.js';
import { isOwnPage } from './request.js';

/** The roles that each role includes. */
const INCLUDES: { readonly [role in Role]: readonly Role[] } = {
  read: ['read'],
  write: ['write', 'read'],
  ingest: ['ingest'],
  audit: ['audit', 'read'],
  admin: ['admin', 'audit', 'write', 'ingest', 'read'],
};

/** Methods that pages of other sites may send: they change nothing. */
export const HARMLESS = new Set(['GET', 'HEAD']);

/** Authenticates callers by `X-App-Id` and `X-App-Token`, or by HTTP Basic with the same two (browsers, Prometheus). */
export class Callers {
  private readonly byAppId: ReadonlyMap<string, Known>;

  constructor(keys: readonly StoredKey[]) {
    this.byAppId = new Map(keys.map((key) => [key.app_id, new Known(caller(key), key.token_sha256)]));
  }

  /** Throws 401 for a missing or wrong key, 403 for a key without the role. */
  admit(request: FastifyRequest, role: Role): Caller {
    const [appId, token] = credentials(request);
    const known = appId === undefined ? undefined : this.byAppId.get(appId);
    if (!known || token === undefined || !known.has(token)) {
      throw new ContractError('unauthorized', 'Send a valid X-App-Id and X-App-Token');
    }
    assertMay(known.caller, role);
    return known.caller;
  }
}

/** Throws 403 for a caller without the role; for parts of a route that need another role than the route. */
export function assertRole({ caller }: FastifyRequest, role: Role): void {
  if (caller) assertMay(caller, role);
}

function assertMay({ roles }: Caller, role: Role): void {
  if (!roles.has(role))
    throw new ContractError('missing_required_permission', `This call needs a key with the role ${role}`);
}

/** A key. The first valid request reveals its token, which replaces the hash in later comparisons. */
export class Known {
  private readonly hash: Buffer;
  private token: Buffer | undefined;

  constructor(
    readonly caller: Caller,
    token_sha256: string,
  ) {
    this.hash = Buffer.from(token_sha256);
  }

  has(text: string): boolean {
    const given = Buffer.from(text);
    if (this.token?.length === given.length) return timingSafeEqual(this.token, given);
    if (!timingSafeEqual(this.hash, Buffer.from(sha256(text)))) return false;
    this.token = given;
    return true;
  }
}

const caller = (key: StoredKey): Caller => ({
  app_id: key.app_id,
  roles: new Set(key.roles.flatMap((role) => INCLUDES[role])),
  channel: 'API',
});

function credentials(request: FastifyRequest): [string | undefined, string | undefined] {
  const { 'x-app-id': appId, 'x-app-token': token, authorization } = request.headers;
  if (typeof appId === 'string' && typeof token === 'string') return [appId, token];
  if (!authorization?.startsWith('Basic ')) return [undefined, undefined];
  // a browser that stores a key for Basic also sends it with forms of other sites
  if (!HARMLESS.has(request.method) && !isOwnPage(request)) return [undefined, undefined];
  const text = Buffer.from(authorization.slice('Basic '.length), 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? [undefined, undefined] : [text.slice(0, colon), text.slice(colon + 1)];
}
