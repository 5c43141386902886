import type { Mismatch, Rebuild } from '#read-model';

/** What the rebuilder's thread reports. */
export type FromRebuilder =
  /** Other rows are live than before. */
  | { readonly kind: 'switched' }
  | { readonly kind: 'ended'; readonly rebuild: Rebuild }
  | {
      readonly kind: 'audited';
      readonly customers: number;
      readonly mismatches: readonly Mismatch[];
      /** Customers that are wrong, and stay so. */
      readonly beyond_mending: number;
    }
  | { readonly kind: 'trouble'; readonly error: string };
