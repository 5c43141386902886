/** What the projector's thread needs to open its own connections. */
export interface ProjectorTask {
  readonly events_file: string;
  readonly keys_file: string;
  readonly read_model_file: string;
  readonly master_key: Uint8Array;
  readonly batch_size_max: number;
}

/** What it reports after each batch. */
export interface ProjectorProgress {
  readonly position: bigint;
  readonly applied: number;
  readonly unchanged: number;
  readonly parked: number;
  readonly parked_customers: number;
  readonly lag_events: number;
  readonly lag_ms: number;
  readonly caught_up: boolean;
}

export type FromProjector =
  | { readonly kind: 'progress'; readonly progress: ProjectorProgress }
  | { readonly kind: 'trouble'; readonly error: string };
