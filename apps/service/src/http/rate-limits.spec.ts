import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { FastifyReply } from 'fastify';
import { ContractError } from '#contract';
import { callerAt, RateLimit } from './rate-limits.js';

const CALLS_MAX = 5;
const WINDOW_MS = 5_000;

/** The answer to a call: its headers, and true when it was admitted. */
function ask(limit: RateLimit, caller: string, now_ms: number) {
  const headers: Record<string, string> = {};
  const reply = {
    header(name: string, value: string) {
      headers[name] = value;
      return reply;
    },
  } as unknown as FastifyReply;
  try {
    limit.admit(caller, reply, now_ms);
    return { isIn: true, headers };
  } catch (error) {
    expect(error).toMatchObject({ code: 429 });
    expect(error).toBeInstanceOf(ContractError);
    return { isIn: false, headers };
  }
}

test('random calls are admitted as by a naive count, and Retry-After names the end of the window', () => {
  const calls = fc.array(fc.record({ caller: fc.constantFrom('a', 'b', 'c'), wait_ms: fc.nat({ max: 3_000 }) }), {
    maxLength: 80,
  });
  fc.assert(
    fc.property(calls, (all) => {
      const limit = new RateLimit(CALLS_MAX, WINDOW_MS, 10);
      const naive = new Map<string, { began_ms: number; calls: number }>();
      let now_ms = 1_700_000_000_000;
      for (const { caller, wait_ms } of all) {
        now_ms += wait_ms;
        const { isIn, headers } = ask(limit, caller, now_ms);
        const known = naive.get(caller);
        const own = known && now_ms < known.began_ms + WINDOW_MS ? known : { began_ms: now_ms, calls: 0 };
        naive.set(caller, { ...own, calls: own.calls + 1 });
        expect(isIn).toBe(own.calls < CALLS_MAX);
        expect(headers).toMatchObject({
          'x-rate-limit-limit': '5',
          'x-rate-limit-remaining': String(Math.max(0, CALLS_MAX - own.calls - 1)),
          'x-rate-limit-type': 'api_calls',
        });
        expect('retry-after' in headers).toBe(!isIn);
        if (isIn) continue;
        const again_ms = Number(headers['x-rate-limit-retry']) * 1000;
        expect(again_ms).toBeGreaterThanOrEqual(own.began_ms + WINDOW_MS);
        expect(now_ms + Number(headers['retry-after']) * 1000).toBeGreaterThanOrEqual(own.began_ms + WINDOW_MS);
      }
    }),
  );
});

test('the least recently seen caller is evicted when there are too many', () => {
  const limit = new RateLimit(1, WINDOW_MS, 2);
  expect(ask(limit, 'a', 0).isIn).toBe(true);
  expect(ask(limit, 'b', 1).isIn).toBe(true);
  expect(ask(limit, 'a', 2).isIn).toBe(false);
  expect(ask(limit, 'c', 3).isIn).toBe(true);
  expect(ask(limit, 'a', 4).isIn).toBe(false);
  expect(ask(limit, 'b', 5).isIn).toBe(true);
});

test('one caller is one IPv4 address, or one /64 network of IPv6, however it is written', () => {
  const group = fc.oneof(fc.constant(0), fc.nat(0xffff));
  const [network, host] = [fc.tuple(group, group, group, group), fc.tuple(group, group, group, group)];
  const written = (groups: readonly number[]): string =>
    new URL(`http://[${groups.map((one) => one.toString(16)).join(':')}]`).hostname.slice(1, -1);
  fc.assert(
    fc.property(network, network, host, host, (here, there, one, other) => {
      const caller = callerAt(written([...here, ...one]));
      expect(callerAt(written([...here, ...other]))).toBe(caller);
      expect(callerAt(written([...there, ...one])) === caller).toBe(String(here) === String(there));
    }),
    { numRuns: 1_000 },
  );
  for (const address of ['192.0.2.1', '::ffff:192.0.2.1', 'unknown']) expect(callerAt(address)).toBe(address);
});
