import type { Instant } from './instant.js';

/** Where a statement comes from: the CloudEvents source and id of a fact, or the job and the row of bulk work. */
export interface Origin {
  readonly source: string;
  readonly id: string;
  /** Digits: the place of a fact among those of its source. */
  readonly sequence?: string;
  /** Keyed digest of what was told, by which a fact is known again; absent for rows, and once the key is gone. */
  readonly digest?: string;
}

/** When something is said, and by which fact or row. */
export interface Provenance {
  readonly at: Instant;
  readonly origin?: Origin;
}

/** The same as far as it decides between statements. A command has no source. */
export interface Stamp {
  readonly at: Instant;
  readonly source?: string;
  readonly sequence?: string;
}

/** Sources that are the ledger's own: their rows are commands. No sender may use them. */
export const OWN_SOURCES = '/v1/async-actions/';

interface Said {
  readonly occurred_at: Instant;
  readonly origin?: Origin;
}

/** Facts come from senders; rows and what is asked for are commands. */
export const isFact = (origin: Origin | undefined): origin is Origin =>
  origin !== undefined && !origin.source.startsWith(OWN_SOURCES);

export function stampOf({ occurred_at: at, origin }: Said): Stamp {
  if (!isFact(origin)) return { at };
  const { source, sequence } = origin;
  return sequence === undefined ? { at, source } : { at, source, sequence };
}

/** Sequences are whole numbers of any length; a fact without one comes before all of its source that have one. */
export function compareSequences(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
  return a.length - b.length || (a < b ? -1 : 1);
}
