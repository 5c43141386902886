import type { Backoff } from '#flow';

/** The pauses after what failed for now, unless an operation has its own. */
export const BACKOFF: Backoff = { first_ms: 100, last_ms: 30_000 };
