import type { CardMove } from './card-move.js';
import { type Entities, joint } from './entities.js';
import type { Subject } from './fold.js';
import { merge, type Registers, unsaid } from './register.js';
import { exchanged, plus } from './sum.js';

/* The balance of each card and the sums over all cards, which several subjects move. */

/** Credits in minor units. */
export interface GiftCard {
  readonly added: number;
  readonly redeemed: number;
  /** True once a fact added credits. */
  readonly is_known: boolean;
}

export interface LoyaltyCard {
  /** Everything but spending: earned, expired, adjusted, transferred. */
  readonly granted: number;
  readonly spent: number;
  readonly pending: number;
  readonly said: Registers<{ readonly available: boolean }>;
  /** True once a fact other than a spending named the card. */
  readonly is_known: boolean;
}

declare module './entities.js' {
  interface EntityOf {
    readonly gift_card: GiftCard;
    readonly loyalty_card: LoyaltyCard;
  }
}

interface Balance {
  readonly redeemed: number;
  readonly to_go: number;
}

/** The sums over all cards. */
export interface Cards {
  readonly gift: Balance;
  readonly loyalty: Balance;
}

const noCards: Cards = { gift: { redeemed: 0, to_go: 0 }, loyalty: { redeemed: 0, to_go: 0 } };

/** No event is about a card alone: subjects move them. */
export const cardAccounts: Subject<'cards', Cards, never, 'gift_card' | 'loyalty_card'> = {
  slice: 'cards',
  entities: { gift_card: true, loyalty_card: true },
  facts: {},
  initial: noCards,
  on: {},
};

const newGiftCard: GiftCard = { added: 0, redeemed: 0, is_known: false };
const newLoyaltyCard: LoyaltyCard = { granted: 0, spent: 0, pending: 0, said: unsaid, is_known: false };

/** Moves cards and their shares of the sums. Moves that cancel each other out need no card. */
export function moveCards(before: Cards, moves: readonly CardMove[], known: Entities): readonly [Cards, Entities] {
  let [cards, entities] = [before, known];
  for (const move of netted(moves)) [cards, entities] = moveCard(cards, move, entities);
  return [cards, entities];
}

function netted(moves: readonly CardMove[]): CardMove[] {
  const cards = new Map<string, CardMove>();
  for (const move of moves) {
    const key = joint(move.kind, move.card);
    const { added = 0, taken = 0, pending = 0, ...others } = cards.get(key) ?? {};
    cards.set(key, {
      ...others,
      ...move,
      added: plus(added, move.added ?? 0),
      taken: plus(taken, move.taken ?? 0),
      pending: plus(pending, move.pending ?? 0),
    });
  }
  return [...cards.values()].filter(changesSomething);
}

const changesSomething = ({ added, taken, pending, available, is_told }: CardMove): boolean =>
  added !== 0 || taken !== 0 || pending !== 0 || available !== undefined || is_told === true;

function moveCard(cards: Cards, move: CardMove, entities: Entities): readonly [Cards, Entities] {
  if (move.kind === 'gift_card') {
    const before = entities.get('gift_card', move.card) ?? newGiftCard;
    const after = movedGift(before, move);
    const gift = balanceAfter(cards.gift, giftShare(before), giftShare(after));
    return [{ ...cards, gift }, entities.set('gift_card', move.card, after)];
  }
  const before = entities.get('loyalty_card', move.card) ?? newLoyaltyCard;
  const after = movedLoyalty(before, move);
  const loyalty = balanceAfter(cards.loyalty, loyaltyShare(before), loyaltyShare(after));
  return [{ ...cards, loyalty }, entities.set('loyalty_card', move.card, after)];
}

const balanceAfter = (sum: Balance, gave: Balance, gives: Balance): Balance => ({
  redeemed: exchanged(sum.redeemed, gave.redeemed, gives.redeemed),
  to_go: exchanged(sum.to_go, gave.to_go, gives.to_go),
});

const giftShare = (card: GiftCard): Balance => ({ redeemed: card.redeemed, to_go: giftToGo(card) });

/** NaN once any figure of the card is inexact, even one that does not count now, so that a rule refuses it. */
const loyaltyShare = (card: LoyaltyCard): Balance => ({
  redeemed: card.spent,
  to_go: isExact(card) ? pointsToGo(card) : Number.NaN,
});

const isExact = ({ granted, spent, pending }: LoyaltyCard): boolean =>
  [granted, spent, pending].every((figure) => Number.isSafeInteger(figure));

const movedGift = (card: GiftCard, { added = 0, taken = 0, is_told }: CardMove): GiftCard => ({
  added: plus(card.added, added),
  redeemed: plus(card.redeemed, taken),
  is_known: card.is_known || is_told === true,
});

const movedLoyalty = (card: LoyaltyCard, move: CardMove): LoyaltyCard => ({
  granted: plus(card.granted, move.added ?? 0),
  spent: plus(card.spent, move.taken ?? 0),
  pending: plus(card.pending, move.pending ?? 0),
  said: move.available ? merge(card.said, { available: move.available.value }, move.available.stamp) : card.said,
  is_known: card.is_known || move.is_told === true,
});

/** The balance of a gift card, never below 0 (contract 1.2); disabled cards count as well. */
export const giftToGo = ({ added, redeemed }: GiftCard): number => Math.max(0, added - redeemed);

/** The balance of a loyalty card; 0 when it is disabled. */
export const pointsToGo = (card: LoyaltyCard): number =>
  isAvailable(card) ? Math.max(0, card.granted - card.spent) : 0;

export const isAvailable = ({ said }: LoyaltyCard): boolean => said.values.available !== false;

/** Gift card -> its operands of the sum; `debt` is the amount redeemed beyond the amount added. */
export const giftOperands = (entities: Entities): object =>
  Object.fromEntries(
    [...entities.ofKind('gift_card')]
      .filter(([, card]) => card.is_known)
      .map(([id, { added, redeemed }]) => [id, { added, redeemed, ...debt(redeemed - added) }]),
  );

/** Loyalty card -> its operands of the sum. */
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
