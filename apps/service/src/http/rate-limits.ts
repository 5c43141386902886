import { isIPv6 } from 'node:net';
import { LRUCache } from 'lru-cache';
import type { FastifyReply } from 'fastify';
import { ContractError } from '#contract';

interface Window {
  readonly ends_at_ms: number;
  calls: number;
}

/** Limits the calls of each caller in a window from the first call on. Evicts the least recently seen caller. */
export class RateLimit {
  private readonly windows: LRUCache<string, Window>;

  constructor(
    private readonly calls_max: number,
    private readonly window_ms: number,
    callers_max: number,
  ) {
    this.windows = new LRUCache({ max: callers_max });
  }

  /** Counts a call and sets the headers of contract 2.11. Throws 429. */
  admit(caller: string, reply: FastifyReply, now_ms = Date.now()): void {
    const { calls, ends_at_ms } = this.count(caller, now_ms);
    void reply
      .header('x-rate-limit-limit', String(this.calls_max))
      .header('x-rate-limit-remaining', String(Math.max(0, this.calls_max - calls)))
      .header('x-rate-limit-type', 'api_calls');
    if (calls <= this.calls_max) return;
    void reply
      .header('x-rate-limit-retry', String(Math.ceil(ends_at_ms / 1000)))
      .header('retry-after', String(Math.max(1, Math.ceil((ends_at_ms - now_ms) / 1000))));
    throw new ContractError('too_many_requests');
  }

  private count(caller: string, now_ms: number): Window {
    const open = this.windows.get(caller);
    const window = open && open.ends_at_ms > now_ms ? open : { ends_at_ms: now_ms + this.window_ms, calls: 0 };
    window.calls += 1;
    if (window !== open) this.windows.set(caller, window);
    return window;
  }
}

const NETWORK_GROUPS = 4;
const IPV6_GROUPS = 8;

/** The caller for an address: for IPv6 its /64 network, because one subscriber has all addresses in it. */
export function callerAt(address: string): string {
  // ::ffff:192.0.2.1 is IPv4
  if (!isIPv6(address) || address.includes('.')) return address;
  const [front = [], back = []] = address.split('::').map((part) => part.split(':').map((group) => group || '0'));
  const gap = Array<string>(IPV6_GROUPS - front.length - back.length).fill('0');
  return [...front, ...gap, ...back].slice(0, NETWORK_GROUPS).join(':');
}
