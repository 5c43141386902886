import type { Stamp } from './statement.js';

/** A change of one card: what is put on it or taken from it, points that wait, and whether it can be used. */
export interface CardMove {
  readonly kind: 'gift_card' | 'loyalty_card';
  readonly card: string;
  readonly added?: number;
  readonly taken?: number;
  readonly pending?: number;
  readonly available?: { readonly value: boolean; readonly stamp: Stamp };
  /** A fact tells of the card other than by spending. */
  readonly is_told?: true;
}
