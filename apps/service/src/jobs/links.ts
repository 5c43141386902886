import { createHmac, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ContractError } from '#contract';
import { Config } from '../config.js';
import { Secrets } from '../secrets.js';

/** Signed addresses of files: they need no key, and they expire. */
@Injectable()
export class Links {
  private readonly key: Buffer;

  constructor(
    private readonly config: Config,
    { master_key }: Secrets,
  ) {
    this.key = createHmac('sha256', master_key).update('links').digest();
  }

  /** An absolute address: under PUBLIC_URL, else under the host of the request. */
  to(request: FastifyRequest, path: string, expires_at: string): string {
    const base = this.config.PUBLIC_URL?.replace(/\/$/, '') ?? `${request.protocol}://${request.host}`;
    return `${base}${path}?expires=${encodeURIComponent(expires_at)}&token=${this.token(path, expires_at)}`;
  }

  /** Throws 403 for an address that was altered or has expired. */
  check(path: string, { expires, token }: { readonly expires?: unknown; readonly token?: unknown }, now: string): void {
    const isOurs = typeof expires === 'string' && typeof token === 'string' && isSame(token, this.token(path, expires));
    if (!isOurs) throw new ContractError('forbidden', 'This address was altered');
    if (expires <= now) throw new ContractError('forbidden', 'This address has expired');
  }

  private token(path: string, expires_at: string): string {
    return createHmac('sha256', this.key).update(`${path}\n${expires_at}`).digest('base64url');
  }
}

function isSame(given: string, right: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
