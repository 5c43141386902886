import type { CardMove } from './card-move.js';
import { inOrder, type Keyed } from './keyed.js';
import { plus } from './sum.js';

/* The amounts that a redemption takes from cards, before and after its rollbacks. */

/** The amount taken from one card; `left` is the rest after rollbacks. */
export interface Share {
  readonly kind: CardMove['kind'];
  readonly card: string;
  readonly amount: number;
  readonly left: number;
}

/** The amounts that a redemption or a rollback of one tells. */
interface Amounts {
  readonly result?: string;
  readonly amount?: number;
  readonly gift?: { readonly amount: number };
  readonly loyalty_card?: { readonly points: number };
}

interface Redeemed extends Amounts {
  readonly voucher?: { readonly id: string; readonly type?: string };
}

/** A redemption, as far as it moves cards. */
interface Redemption {
  readonly redemption?: { readonly values: Redeemed };
  readonly rollbacks: Keyed<{ readonly values: Amounts }>;
  /** Points that facts of their own say were spent, by the id of the spending. */
  readonly spent?: Keyed<{ readonly card: string; readonly points: number }>;
}

export const sharesOf = (entity: Redemption): readonly Share[] => [...credits(entity), ...points(entity)];

function credits({ redemption, rollbacks }: Redemption): Share[] {
  const amount = ownCredits(redemption?.values);
  if (amount === undefined) return [];
  const left = leftOf(amount, rollbacks, (one) => one.gift?.amount ?? one.amount);
  return [{ kind: 'gift_card', card: redemption?.values.voucher?.id ?? '', amount, left }];
}

const ownCredits = ({ result, gift, voucher, amount }: Redeemed = {}): number | undefined =>
  result === 'SUCCESS' ? (gift?.amount ?? (voucher?.type === 'GIFT_VOUCHER' ? amount : undefined)) : undefined;

/** Rollbacks take from cards in the order of the cards' ids. */
function points(entity: Redemption): Share[] {
  const spent = pointsSpent(entity);
  const all = [...spent.values()].reduce(plus, 0);
  let taken = all - leftOf(all, entity.rollbacks, (one) => one.loyalty_card?.points ?? one.amount);
  return inOrder(Object.fromEntries(spent)).map(([card, amount]) => {
    const back = Math.min(taken, amount);
    taken -= back;
    return { kind: 'loyalty_card', card, amount, left: amount - back };
  });
}

/** The points spent by card, from separate facts; the redemption's own figure replaces that of its own card. */
function pointsSpent({ redemption, spent = {} }: Redemption): Map<string, number> {
  const cards = new Map<string, number>();
  for (const [, { card, points }] of inOrder(spent)) cards.set(card, plus(cards.get(card) ?? 0, points));
  const own = ownPoints(redemption?.values);
  if (own === undefined) return cards;
  const [first = ''] = cards.keys();
  return cards.set(redemption?.values.voucher?.id ?? first, own);
}

const ownPoints = ({ result, loyalty_card, voucher, amount }: Redeemed = {}): number | undefined =>
  result === 'SUCCESS' ? (loyalty_card?.points ?? (voucher?.type === 'LOYALTY_CARD' ? amount : undefined)) : undefined;

/** The rest of an amount after successful rollbacks, never below 0; a rollback without an amount takes all. */
const leftOf = (amount: number, rollbacks: Redemption['rollbacks'], of: (one: Amounts) => number | undefined): number =>
  Object.values(rollbacks)
    .filter(({ values }) => values.result === 'SUCCESS')
    .reduce((rest, { values }) => Math.max(0, rest - Math.abs(of(values) ?? rest)), amount);
