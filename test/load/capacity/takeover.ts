import { random } from '../../support/random.js';

export interface Takeover {
  readonly median_ms: number;
  readonly p99_ms: number;
}

/** As in libs/database/src/follower.ts: leases are renewed, and free shards looked for, this often within a lease. */
const RENEWALS = 4;
/** Before a follower whose shards changed begins again. */
const PAUSE_MS = [25, 50] as const;
const TRIALS = 20_000;

/**
 * The time for which the shards of an instance that dies or freezes lie idle, until the last of them is followed again: what is
 * left of the lease, then each survivor's next look. An instance that says goodbye leaves nothing of its lease.
 */
export function takeover(lease_ms: number, instances: number, isFarewell = false, seed = 1): Takeover {
  const next = random(seed);
  const every_ms = lease_ms / RENEWALS;
  const times = Array.from({ length: TRIALS }, () => {
    const idle_ms = isFarewell ? 0 : lease_ms - next() * every_ms;
    const looks = Array.from({ length: instances - 1 }, () => next() * every_ms);
    // each survivor takes its part: the last one counts
    return idle_ms + Math.max(...looks) + PAUSE_MS[0] + next() * (PAUSE_MS[1] - PAUSE_MS[0]);
  }).sort((a, b) => a - b);
  return { median_ms: times[TRIALS / 2] ?? Number.NaN, p99_ms: times[Math.floor(TRIALS * 0.99)] ?? Number.NaN };
}
