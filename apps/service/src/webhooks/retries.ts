const MINUTE_MS = 60_000;

/** The times of retries in minutes after the first attempt (contract 4.3): doubling, and once more after a day. */
export const RETRY_AT_MIN: readonly number[] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 1_440];

/** The random share of a pause that is cut off, so that simultaneous failures do not retry at the same time. */
const JITTER = 0.1;

/** A delivery that has just failed. Times in ms since 1970, `chance` from 0 up to 1. */
export interface Failed {
  readonly first_ms: number;
  readonly now_ms: number;
  /** The number of attempts, at least 1. */
  readonly attempts: number;
  readonly chance: number;
}

/**
 * The time of the next attempt in ms since 1970; undefined after the last one. Not later than in the table, but a minute
 * away (less jitter) at least, so that a service that was down does not use up the remaining attempts at once.
 */
export function retryAt({ first_ms, now_ms, attempts, chance }: Failed): number | undefined {
  const at_min = RETRY_AT_MIN[attempts - 1];
  if (at_min === undefined) return undefined;
  const pause_min = at_min - (RETRY_AT_MIN[attempts - 2] ?? 0);
  const shift_min = -JITTER * chance;
  return Math.max(first_ms + (at_min + pause_min * shift_min) * MINUTE_MS, now_ms + (1 + shift_min) * MINUTE_MS);
}
