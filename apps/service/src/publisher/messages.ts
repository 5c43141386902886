/** What the publisher's thread reports: each batch, and what keeps it from its work. */
export type FromPublisher =
  | {
      readonly kind: 'published';
      readonly events: number;
      readonly customers: number;
      readonly shards: number;
      /** When the newest event of the batch was recorded; undefined for an empty one. */
      readonly recorded_at: string | undefined;
    }
  | { readonly kind: 'left-out' }
  | { readonly kind: 'trouble'; readonly error: string; readonly tries: number };
