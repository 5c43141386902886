import type { CardMove } from './card-move.js';
import { type Entities, joint } from './entities.js';
import type { EventOf, Stepped, Subject } from './fold.js';
import type { CampaignReference, CardReference } from './loyalty.js';
import type { Reference } from './profile.js';
import { merge, type Registers } from './register.js';
import { stampOf } from './statement.js';
import { exchanged, plus } from './sum.js';

// 1. Facts and events

/** `voucher.gift.balance_added`: credits in minor units, negative when removed. */
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

declare module './entities.js' {
  interface EntityOf {
    readonly gift: GiftTransaction;
  }
}

/** The credits added to all gift cards; the balance of each is in card-account.ts. */
export interface Gifts {
  readonly added: number;
}

// 3. Fold

export const gifts: Subject<'gifts', Gifts, GiftEvent, 'gift', { readonly gift_credits: GiftCreditsFact }> = {
  slice: 'gifts',
  entities: { gift: true },
  facts: { gift_credits: giftDraft },
  initial: { added: 0 },
  on: {
    GiftCreditsChanged: {
      personal: ['reason'],
      touches: ({ transaction_id, voucher }) => [
        { kind: 'gift', id: joint(transaction_id, voucher.id) },
        { kind: 'gift_card', id: voucher.id },
      ],
      step: apply,
    },
  },
};

function apply(slice: Gifts, event: GiftEvent, entities: Entities): Stepped<Gifts> {
  const { voucher, amount, transaction_id } = event.data;
  const id = joint(transaction_id, voucher.id);
  const before = entities.get('gift', id);
  const after = merge(before, { amount }, stampOf(event));
  if (after === before) return [slice, entities];
  const more = exchanged(0, before?.values.amount ?? 0, after.values.amount ?? 0);
  const move: CardMove = { kind: 'gift_card', card: voucher.id, added: more, is_told: true };
  return [{ added: plus(slice.added, more) }, entities.set('gift', id, after), [move]];
}

// 4. Rules

function giftDraft(_: Entities, { voucher, balance, transaction, campaign }: GiftCreditsFact) {
  return {
    type: 'GiftCreditsChanged' as const,
    data: {
      voucher,
      amount: balance.amount,
      transaction_id: transaction.id,
      ...(campaign && { campaign }),
      ...(transaction.reason !== undefined && { reason: transaction.reason }),
    },
  };
}
