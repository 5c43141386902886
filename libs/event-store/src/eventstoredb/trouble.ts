import { setTimeout as sleep } from 'node:timers/promises';
import { StoreUnavailable } from '../event-store.js';

/** The client's error types that may pass; a failed connection has only gRPC's `code`. */
const PASSING_TYPES = new Set(['cancelled', 'unavailable', 'deadline-exceeded', 'timeout', 'not-leader', 'unknown']);
/** CANCELLED, UNKNOWN, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, UNAVAILABLE. */
const PASSING_CODES = new Set([1, 2, 4, 8, 10, 14]);

interface ClientError {
  readonly type?: unknown;
  readonly code?: unknown;
}

/** The client's type of an error; undefined for errors that it passes on. */
export const typeOf = (error: unknown): unknown => (error as ClientError | null)?.type;

/** True when another try may succeed; the work may have been done. */
export function isPassing(error: unknown): boolean {
  if (error instanceof Late) return true;
  const { type, code } = (error ?? {}) as ClientError;
  return typeof type === 'string' ? PASSING_TYPES.has(type) : typeof code === 'number' && PASSING_CODES.has(code);
}

/** No answer in time. */
export class Late extends Error {}

/** The client's own deadlines do not cover every path, so each call has one here. */
export async function within<T>(ms_max: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Late(`no answer within ${ms_max} ms`)), ms_max);
  });
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

const PAUSE_MS_FIRST = 50;
const PAUSE_MS_MAX = 2_000;

/** Tries until it succeeds, fails for good, or `ms_max` have passed. Throws StoreUnavailable then. */
export async function persistently<T>(ms_max: number, what: string, attempt: () => Promise<T>): Promise<T> {
  const end_ms = performance.now() + ms_max;
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!isPassing(error)) throw error;
      const pause_ms = pauseAfter(tries, PAUSE_MS_FIRST, PAUSE_MS_MAX);
      if (performance.now() + pause_ms > end_ms)
        throw new StoreUnavailable(`the event store did not ${what} within ${ms_max} ms`, { cause: error });
      await sleep(pause_ms);
    }
  }
}

/** Doubling, jittered by half. */
export const pauseAfter = (tries: number, first_ms: number, last_ms: number): number =>
  Math.min(last_ms, first_ms * 2 ** Math.min(tries, 20)) * (0.5 + Math.random() / 2);
