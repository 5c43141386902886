import type { Progress } from '#read-model';

/** What the projector's thread reports: where it goes on, each batch, and what keeps it from its work. */
export type FromProjector =
  | { readonly kind: 'started'; readonly position: bigint }
  | { readonly kind: 'progress'; readonly progress: Progress }
  /** Files that may tell of customers who are erased cannot be deleted yet. */
  | { readonly kind: 'not-forgotten'; readonly error: string }
  | { readonly kind: 'trouble'; readonly error: string };
