import { type GiftCard, giftToGo, isAvailable, type LoyaltyCard } from './card-account.js';
import { compareTexts } from './text.js';

/** A card that a customer holds, as far as facts describe it. */
export interface Holding {
  readonly voucher_id: string;
  readonly type: 'GIFT_VOUCHER' | 'LOYALTY_CARD';
  /** The total ever added, and the balance: credits in minor units, or points. */
  readonly granted: number;
  readonly balance: number;
  readonly status: 'ACTIVE' | 'DISABLED' | 'NO_BALANCE';
}

export interface HeldCards {
  readonly gift_cards: Iterable<readonly [id: string, card: GiftCard]>;
  readonly loyalty_cards: Iterable<readonly [id: string, card: LoyaltyCard]>;
}

/** Gift and loyalty cards of a customer, by id. Their balances add up to the two `..._to_go` of the summary. */
export function holdings({ gift_cards, loyalty_cards }: HeldCards): Holding[] {
  const loyalty = new Map(loyalty_cards);
  const isDisabled = (id: string): boolean => loyalty.get(id)?.said.values.available === false;
  // a disabled gift card keeps its balance
  const gifts = [...gift_cards]
    .filter(([, card]) => card.is_known)
    .map(([id, card]) => holding(id, 'GIFT_VOUCHER', card.added, giftToGo(card), isDisabled(id)));
  const points = [...loyalty]
    .filter(([, card]) => isOfPoints(card))
    .map(([id, card]) => holding(id, 'LOYALTY_CARD', card.granted, card.granted - card.spent, !isAvailable(card)));
  return [...gifts, ...points].sort((a, b) => compareTexts(a.voucher_id, b.voucher_id) || compareTexts(a.type, b.type));
}

/** False for a card that was only enabled or disabled, which may hold credits instead. */
const isOfPoints = ({ is_known, granted, spent, pending, said }: LoyaltyCard): boolean =>
  is_known && (granted !== 0 || spent !== 0 || pending !== 0 || said.values.available === undefined);

function holding(voucher_id: string, type: Holding['type'], added: number, left: number, isDisabled: boolean): Holding {
  const balance = Math.max(0, left);
  const status = isDisabled ? 'DISABLED' : balance === 0 ? 'NO_BALANCE' : 'ACTIVE';
  return { voucher_id, type, granted: Math.max(0, added), balance, status };
}
