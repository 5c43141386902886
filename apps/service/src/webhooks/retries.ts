const MINUTE_MS = 60_000;

/** Contract 4.3: when a delivery is tried again, in minutes after the first try: doubling, and once more after a day. */
export const RETRY_AT_MIN: readonly number[] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 1_440];

/** The part of a pause that chance may cut off, so that many that failed together do not come back together. */
const JITTER = 0.1;

/** A delivery that has just failed. Times in ms since 1970, `chance` from 0 up to 1. */
export interface Failed {
  readonly first_ms: number;
  readonly now_ms: number;
  /** Tries so far, at least 1. */
  readonly attempts: number;
  readonly chance: number;
}

/**
 * When to try again, in ms since 1970; undefined when it was the last time. Never later than the table says, but at least
 * a minute away (less jitter): a service that was down does not spend the tries that are left at once.
 */
export function retryAt({ first_ms, now_ms, attempts, chance }: Failed): number | undefined {
  const at_min = RETRY_AT_MIN[attempts - 1];
  if (at_min === undefined) return undefined;
  const pause_min = at_min - (RETRY_AT_MIN[attempts - 2] ?? 0);
  const shift_min = -JITTER * chance;
  return Math.max(first_ms + (at_min + pause_min * shift_min) * MINUTE_MS, now_ms + (1 + shift_min) * MINUTE_MS);
}
