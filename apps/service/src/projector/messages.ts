import type { Progress } from '#read-model';

/** What the projector's thread needs to open its own connections. */
export interface ProjectorTask {
  readonly events_file: string;
  readonly keys_file: string;
  readonly read_model_file: string;
  readonly master_key: Uint8Array;
  readonly batch_size_max: number;
}

/** What it reports: where it goes on, each batch, and what keeps it from its work. */
export type FromProjector =
  | { readonly kind: 'started'; readonly position: bigint }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'trouble'; readonly error: string };
