import { type Entities, joint } from './entities.js';
import type { EventOf, Instant, Stepped, Subject } from './fold.js';
import {
  campaignKey,
  type CampaignReference,
  type CardReference,
  type Loyalty,
  type Movement,
  move,
  named,
  noLoyalty,
} from './loyalty.js';
import { merge, type Registers } from './merge.js';
import type { Reference } from './profile.js';

// 1. Facts and events

/** A movement of points on this customer's card `voucher`; only adjustments carry a sign. */
export interface LoyaltyPointsFact {
  readonly kind: Movement;
  readonly campaign: CampaignReference;
  readonly voucher: CardReference;
  readonly balance: { readonly points: number };
  readonly transaction: { readonly id: string; readonly reason?: string };
  readonly source_voucher?: { readonly id: string };
  readonly destination_voucher?: { readonly id: string };
  readonly customer: Reference;
}

export type LoyaltyPointsEvent = EventOf<
  'LoyaltyPointsChanged',
  {
    readonly kind: Movement;
    readonly campaign: CampaignReference;
    readonly voucher: CardReference;
    readonly points: number;
    readonly transaction_id: string;
    readonly reason?: string;
    readonly source_voucher?: { readonly id: string };
    readonly destination_voucher?: { readonly id: string };
  }
>;

// 2. State

/** `points` with the sign with which they count. */
export type PointsTransaction = Registers<{
  readonly kind: Movement;
  readonly campaign: string;
  readonly points: number;
}>;

// 3. Fold

export const points: Subject<Loyalty, LoyaltyPointsEvent> = {
  initial: noLoyalty,
  on: {
    LoyaltyPointsChanged: {
      personal: ['reason'],
      touches: ({ transaction_id, voucher }) => [{ kind: 'points', id: joint(transaction_id, voucher.id) }],
      step: settle,
    },
  },
};

function settle(slice: Loyalty, { data, occurred_at }: LoyaltyPointsEvent, entities: Entities): Stepped<Loyalty> {
  const { transaction_id, voucher, campaign, kind } = data;
  const id = joint(transaction_id, voucher.id);
  const before = entities.get('points', id);
  const after = merge(before, { kind, campaign: campaignKey(campaign), points: signed(data) }, occurred_at);
  const known = named(slice, campaign, occurred_at);
  if (after === before) return [known, entities];
  return [
    contribute(contribute(known, voucher.id, before, -1), voucher.id, after, 1),
    entities.set('points', id, after),
  ];
}

function contribute(slice: Loyalty, card: string, transaction: PointsTransaction | undefined, sign: 1 | -1): Loyalty {
  const { kind, campaign, points: moved } = transaction?.values ?? {};
  return kind === undefined || campaign === undefined || moved === undefined
    ? slice
    : move(slice, campaign, card, kind, sign * moved);
}

/** Expiry and the giving side of a transfer take away. */
function signed({
  kind,
  points: amount,
  voucher,
  source_voucher,
  destination_voucher,
}: LoyaltyPointsEvent['data']): number {
  if (kind === 'expired') return 0 - amount;
  if (kind !== 'transferred') return amount;
  const [gives, takes] = [voucher.id === source_voucher?.id, voucher.id === destination_voucher?.id];
  // between other cards, or from a card to itself, nothing of this card moves
  if (gives === takes) return 0;
  return gives ? 0 - amount : amount;
}

// 4. Rules

export function loyaltyPointsEvent(_: Entities, fact: LoyaltyPointsFact, at: Instant): LoyaltyPointsEvent {
  const { kind, campaign, voucher, balance, transaction, source_voucher, destination_voucher } = fact;
  return {
    type: 'LoyaltyPointsChanged',
    occurred_at: at,
    data: {
      kind,
      campaign,
      voucher,
      points: balance.points,
      transaction_id: transaction.id,
      ...(transaction.reason !== undefined && { reason: transaction.reason }),
      ...(source_voucher && { source_voucher }),
      ...(destination_voucher && { destination_voucher }),
    },
  };
}
