import { DeadlineExceeded, retry } from '#flow';
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
  if (error instanceof DeadlineExceeded) return true;
  const { type, code } = (error ?? {}) as ClientError;
  return typeof type === 'string' ? PASSING_TYPES.has(type) : typeof code === 'number' && PASSING_CODES.has(code);
}

const PAUSES = { first_ms: 50, last_ms: 2_000 };

/** Tries until it succeeds, fails for good, or `ms_max` have passed. Throws StoreUnavailable then. */
export async function persistently<T>(ms_max: number, what: string, attempt: () => Promise<T>): Promise<T> {
  try {
    return await retry(attempt, { ...PAUSES, ms_max, isPassing });
  } catch (error) {
    if (!isPassing(error)) throw error;
    throw new StoreUnavailable(`the event store did not ${what} within ${ms_max} ms`, { cause: error });
  }
}
