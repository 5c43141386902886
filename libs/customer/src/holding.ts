import type { Head } from './customer.js';
import { giftOperands } from './gift.js';
import { pointsOperands } from './loyalty.js';
import { own } from './merge.js';

/** A card that a customer holds, as far as facts tell of it. */
export interface Holding {
  readonly voucher_id: string;
  readonly type: 'GIFT_VOUCHER' | 'LOYALTY_CARD';
  /** All that was ever added to it, and what is left: credits in minor units, or points. */
  readonly granted: number;
  readonly balance: number;
  readonly status: 'ACTIVE' | 'DISABLED' | 'NO_BALANCE';
}

/** Gift and loyalty cards of a customer, by id. Their balances add up to the two `..._to_go` of the summary. */
export function holdings({ gifts, loyalty, redemptions }: Head): Holding[] {
  const isDisabled = (id: string): boolean => own(loyalty.cards, id)?.said.values.available === false;
  const giftCards = Object.entries(giftOperands(gifts, redemptions.credits)).map(([id, { added, redeemed }]) =>
    // credits to go do not ask whether a card is enabled
    holding(id, 'GIFT_VOUCHER', added, redeemed, isDisabled(id)),
  );
  const loyaltyCards = Object.entries(pointsOperands(loyalty, redemptions.points))
    .filter(([id, { granted, spent }]) => granted !== 0 || spent !== 0 || isOfPoints(loyalty.cards, id))
    .map(([id, { granted, spent, available }]) => holding(id, 'LOYALTY_CARD', granted, spent, !available));
  return [...giftCards, ...loyaltyCards].sort((a, b) => order(a.voucher_id, b.voucher_id) || order(a.type, b.type));
}

const order = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** Of a card that was only switched on or off nobody knows what it holds. */
function isOfPoints(cards: Head['loyalty']['cards'], id: string): boolean {
  const card = own(cards, id);
  return card !== undefined && (card.pending !== 0 || card.said.values.available === undefined);
}

function holding(voucher_id: string, type: Holding['type'], added: number, used: number, isDisabled: boolean): Holding {
  const balance = Math.max(0, added - used);
  const status = isDisabled ? 'DISABLED' : balance === 0 ? 'NO_BALANCE' : 'ACTIVE';
  return { voucher_id, type, granted: Math.max(0, added), balance, status };
}
