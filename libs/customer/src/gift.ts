import { type Entities, joint } from './entities.js';
import type { EventOf, Instant, Stepped, Subject } from './fold.js';
import type { CampaignReference, CardReference } from './loyalty.js';
import { add, type Keyed, merge, own, type Registers, total } from './merge.js';
import type { Reference } from './profile.js';

// 1. Facts and events

/** `voucher.gift.balance_added`: credits in minor units, negative when taken away. */
export interface GiftCreditsFact {
  readonly voucher: CardReference;
  readonly balance: { readonly amount: number };
  readonly transaction: { readonly id: string; readonly reason?: string };
  readonly campaign?: CampaignReference;
  readonly customer: Reference;
}

export type GiftEvent = EventOf<
  'GiftCreditsChanged',
  {
    readonly voucher: CardReference;
    readonly amount: number;
    readonly transaction_id: string;
    readonly campaign?: CampaignReference;
    readonly reason?: string;
  }
>;

// 2. State

export type GiftTransaction = Registers<{ readonly amount: number }>;

/** Credits added, by gift card. */
export interface Gifts {
  readonly added: Keyed<number>;
}

// 3. Fold

export const gifts: Subject<Gifts, GiftEvent> = {
  initial: { added: {} },
  on: {
    GiftCreditsChanged: {
      personal: ['reason'],
      touches: ({ transaction_id, voucher }) => [{ kind: 'gift', id: joint(transaction_id, voucher.id) }],
      step: settle,
    },
  },
};

function settle(
  slice: Gifts,
  { data: { voucher, amount, transaction_id }, occurred_at }: GiftEvent,
  entities: Entities,
): Stepped<Gifts> {
  const id = joint(transaction_id, voucher.id);
  const before = entities.get('gift', id);
  const after = merge(before, { amount }, occurred_at);
  if (after === before) return [slice, entities];
  const without = add(slice.added, voucher.id, 0 - (before?.values.amount ?? 0));
  return [{ added: add(without, voucher.id, after.values.amount ?? 0) }, entities.set('gift', id, after)];
}

// 4. Rules

export const giftEvent = (
  _: Entities,
  { voucher, balance, transaction, campaign }: GiftCreditsFact,
  at: Instant,
): GiftEvent => ({
  type: 'GiftCreditsChanged',
  occurred_at: at,
  data: {
    voucher,
    amount: balance.amount,
    transaction_id: transaction.id,
    ...(campaign && { campaign }),
    ...(transaction.reason !== undefined && { reason: transaction.reason }),
  },
});

// 5. Rendering

/** What is left over all gift cards held (contract 1.2), never below 0 on any of them. */
export const giftAmountToGo = ({ added }: Gifts, redeemed: Keyed<number>): number =>
  total(Object.entries(added).map(([card, amount]) => Math.max(0, amount - (own(redeemed, card) ?? 0))));

/** By gift card. */
export const giftOperands = ({ added }: Gifts, redeemed: Keyed<number>): Keyed<{ added: number; redeemed: number }> =>
  Object.fromEntries(
    Object.entries(added).map(([card, amount]) => [card, { added: amount, redeemed: own(redeemed, card) ?? 0 }]),
  );
