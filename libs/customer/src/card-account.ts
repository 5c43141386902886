import type { Entities } from './entities.js';
import { merge, type Registers } from './register.js';
import type { Stamp } from './statement.js';
import { plus } from './sum.js';

/* What is on each card, and what is left on all of them: sums that several subjects move. */

/** Credits in minor units. */
export interface GiftCard {
  readonly added: number;
  readonly redeemed: number;
  /** True once a fact told that credits were put on it. */
  readonly is_known: boolean;
}

export interface LoyaltyCard {
  /** Everything but spending: earned, expired, adjusted, transferred. */
  readonly granted: number;
  readonly spent: number;
  readonly pending: number;
  readonly said: Registers<{ readonly available: boolean }>;
  /** True once a fact told of it other than by spending. */
  readonly is_known: boolean;
}

interface Balance {
  readonly redeemed: number;
  readonly to_go: number;
}

/** Over all cards. */
export interface Cards {
  readonly gift: Balance;
  readonly loyalty: Balance;
}

/** A change of one card. */
export type CardMove =
  | { readonly card: string; readonly kind: 'gift_card'; readonly added?: number; readonly redeemed?: number }
  | {
      readonly card: string;
      readonly kind: 'loyalty_card';
      readonly granted?: number;
      readonly spent?: number;
      readonly pending?: number;
      readonly available?: { readonly value: boolean; readonly stamp: Stamp };
    };

export const noCards: Cards = { gift: { redeemed: 0, to_go: 0 }, loyalty: { redeemed: 0, to_go: 0 } };

const newGiftCard: GiftCard = { added: 0, redeemed: 0, is_known: false };
const newLoyaltyCard: LoyaltyCard = {
  granted: 0,
  spent: 0,
  pending: 0,
  said: { values: {}, stamps: [], by: {} },
  is_known: false,
};

/** Moves a card and what it gives to the sums. */
export function moveCard(cards: Cards, move: CardMove, entities: Entities): readonly [Cards, Entities] {
  if (move.kind === 'gift_card') {
    const before = entities.get('gift_card', move.card) ?? newGiftCard;
    const after = movedGift(before, move);
    const gift = moved(cards.gift, [before.redeemed, giftToGo(before)], [after.redeemed, giftToGo(after)]);
    return [{ ...cards, gift }, entities.set('gift_card', move.card, after)];
  }
  const before = entities.get('loyalty_card', move.card) ?? newLoyaltyCard;
  const after = movedLoyalty(before, move);
  const loyalty = moved(cards.loyalty, [before.spent, pointsToGo(before)], [after.spent, pointsToGo(after)]);
  return [{ ...cards, loyalty }, entities.set('loyalty_card', move.card, after)];
}

type Share = readonly [redeemed: number, to_go: number];

const moved = ({ redeemed, to_go }: Balance, gave: Share, gives: Share): Balance => ({
  redeemed: plus(redeemed - gave[0], gives[0]),
  to_go: plus(to_go - gave[1], gives[1]),
});

function movedGift(card: GiftCard, { added, redeemed = 0 }: CardMove & { kind: 'gift_card' }): GiftCard {
  return {
    added: plus(card.added, added ?? 0),
    redeemed: plus(card.redeemed, redeemed),
    is_known: card.is_known || added !== undefined,
  };
}

function movedLoyalty(card: LoyaltyCard, move: CardMove & { kind: 'loyalty_card' }): LoyaltyCard {
  const { granted, spent = 0, pending, available } = move;
  return {
    granted: plus(card.granted, granted ?? 0),
    spent: plus(card.spent, spent),
    pending: plus(card.pending, pending ?? 0),
    said: available ? merge(card.said, { available: available.value }, available.stamp) : card.said,
    is_known: card.is_known || granted !== undefined || pending !== undefined || available !== undefined,
  };
}

/** What is left on a card, never below 0 (contract 1.2); disabled gift cards count as well. */
export const giftToGo = ({ added, redeemed }: GiftCard): number => Math.max(0, added - redeemed);

/** A card that is disabled counts nothing. */
export const pointsToGo = (card: LoyaltyCard): number =>
  isAvailable(card) ? Math.max(0, card.granted - card.spent) : 0;

export const isAvailable = ({ said }: LoyaltyCard): boolean => said.values.available !== false;

/** By gift card, where the sum comes from; `debt` is what was redeemed beyond what was added. */
export const giftOperands = (entities: Entities): object =>
  Object.fromEntries(
    [...entities.ofKind('gift_card')]
      .filter(([, card]) => card.is_known)
      .map(([id, { added, redeemed }]) => [id, { added, redeemed, ...debt(redeemed - added) }]),
  );

/** By loyalty card. */
export const pointsOperands = (entities: Entities): object =>
  Object.fromEntries(
    [...entities.ofKind('loyalty_card')]
      .filter(([, card]) => card.is_known)
      .map(([id, card]) => {
        const { granted, spent } = card;
        return [id, { granted, spent, available: isAvailable(card), ...debt(spent - granted) }];
      }),
  );

const debt = (amount: number): object => (amount > 0 ? { debt: amount } : {});
