import { sleep } from './sleep.js';

export interface Backoff {
  readonly first_ms: number;
  readonly last_ms: number;
}

const DOUBLINGS_MAX = 20;

/**
 * The pause after so many failures in a row (from 1): it doubles from `first_ms` to `last_ms`, and chance shortens it by up
 * to a half, so that callers that failed together do not come back together. The other side may ask for more, up to `last_ms`.
 */
export function backoff_ms(failures: number, { first_ms, last_ms }: Backoff, asked_ms = 0): number {
  const longest_ms = Math.min(last_ms, first_ms * 2 ** Math.min(failures - 1, DOUBLINGS_MAX));
  return Math.max(longest_ms / 2, Math.min(last_ms, asked_ms)) + (Math.random() * longest_ms) / 2;
}

export interface RetryOptions extends Backoff {
  /** An abort ends the pause; `retry` then throws the last error. */
  readonly signal?: AbortSignal;
  readonly attempts_max?: number;
  /** No attempt begins later than this after the first one. */
  readonly ms_max?: number;
  /** False for an error that another attempt cannot fix; by default every error is retried. */
  readonly isPassing?: (error: unknown) => boolean;
  /** The pause that the other side asked for, such as Retry-After. */
  readonly askedMs?: (error: unknown) => number;
  /** Called before each pause. */
  readonly onFailure?: (error: unknown, failures: number) => void;
}

/** Repeats an attempt until it succeeds. Throws the last error when no further attempt is allowed. */
export async function retry<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { signal, ms_max = Infinity } = options;
  const end_ms = performance.now() + ms_max;
  signal?.throwIfAborted();
  for (let failures = 1; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      const pause_ms = pauseAfter(error, failures, options);
      if (pause_ms === undefined || performance.now() + pause_ms > end_ms) throw error;
      options.onFailure?.(error, failures);
      await sleep(pause_ms, signal);
      if (signal?.aborted) throw error;
    }
  }
}

/** Undefined for the last failure. */
function pauseAfter(error: unknown, failures: number, options: RetryOptions): number | undefined {
  const { attempts_max = Infinity, isPassing = () => true, askedMs = () => 0 } = options;
  if (failures >= attempts_max || !isPassing(error)) return undefined;
  return backoff_ms(failures, options, askedMs(error));
}
