import { Injectable } from '@nestjs/common';
import { CockpitTokens } from '../cockpit/tokens.js';
import { Config } from '../config.js';
import type { Caller } from './caller.js';

/** Links that only GET by id carries: the customer's own page under COCKPIT_URL. */
@Injectable()
export class Assets {
  constructor(
    private readonly config: Config,
    private readonly tokens: CockpitTokens,
  ) {}

  /** The customer's object as text, with `assets` spliced in. The link can change consents: the key needs `write`. */
  add(document: string, customerId: string, caller: Caller | null): string {
    const { COCKPIT_URL, COCKPIT_TTL_S } = this.config;
    if (COCKPIT_URL === undefined || !caller?.roles.has('write')) return document;
    const token = this.tokens.link(customerId, { now_ms: Date.now(), ttl_ms: COCKPIT_TTL_S * 1_000 });
    return `${document.slice(0, -1)},"assets":${JSON.stringify({ cockpit_url: `${COCKPIT_URL}?token=${token}` })}}`;
  }
}
