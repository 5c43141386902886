import type { Progress } from '#read-model';

/** What the projector's thread needs to open its own connections: the settings, as plain values. */
export interface ProjectorTask {
  readonly settings: object;
  readonly master_key: Uint8Array;
}

/** What it reports: where it goes on, each batch, and what keeps it from its work. */
export type FromProjector =
  | { readonly kind: 'started'; readonly position: bigint }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'trouble'; readonly error: string };
