import type { Stamp } from './statement.js';

/** A change of one card: its credits or points, its pending points, its availability. */
export interface CardMove {
  readonly kind: 'gift_card' | 'loyalty_card';
  readonly card: string;
  readonly added?: number;
  readonly taken?: number;
  readonly pending?: number;
  readonly available?: { readonly value: boolean; readonly stamp: Stamp };
  /** A fact other than a spending names the card. */
  readonly is_told?: true;
}
