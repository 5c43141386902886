import type { Instant } from './instant.js';

/** The origin of a statement: the CloudEvents source and id of a fact, or the job and the row of bulk work. */
export interface Origin {
  readonly source: string;
  readonly id: string;
  /** Digits: the position of a fact among those of its source. */
  readonly sequence?: string;
  /** Keyed digest of the content, to recognize a repeated fact; absent for rows, and once the key is destroyed. */
  readonly digest?: string;
}

/** The time of a statement, and the fact or row that makes it. */
export interface Provenance {
  readonly at: Instant;
  readonly origin?: Origin;
}

/** The parts of a provenance that decide between statements. A command has no source. */
export interface Stamp {
  readonly at: Instant;
  readonly source?: string;
  readonly sequence?: string;
}

/** The prefix of the ledger's own sources, whose rows are commands. No sender may use it. */
export const OWN_SOURCES = '/v1/async-actions/';

interface Said {
  readonly occurred_at: Instant;
  readonly origin?: Origin;
}

/** True for a fact of a sender; rows and requests are commands. */
export const isFact = (origin: Origin | undefined): origin is Origin =>
  origin !== undefined && !origin.source.startsWith(OWN_SOURCES);

export function stampOf({ occurred_at: at, origin }: Said): Stamp {
  if (!isFact(origin)) return { at };
  const { source, sequence } = origin;
  return sequence === undefined ? { at, source } : { at, source, sequence };
}

/** Compares whole numbers of any length; a fact without a sequence comes before those of its source with one. */
export function compareSequences(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
  return a.length - b.length || (a < b ? -1 : 1);
}
