import type { CardMove } from './card-move.js';
import { type Entities, joint } from './entities.js';
import { type EventOf, inTurn, type Stepped, type Subject } from './fold.js';
import {
  campaignEntity,
  campaignKey,
  type CampaignReference,
  type CardReference,
  type Loyalty,
  type Movement,
  move,
  named,
  noLoyalty,
} from './loyalty.js';
import type { Reference } from './profile.js';
import { type Meaning, merge, type Registers } from './register.js';
import { stampOf } from './statement.js';
import { exchanged } from './sum.js';
import { compareValues } from './value.js';

// 1. Facts and events

/** A movement of points on the customer's card `voucher`; only adjustments carry a sign. */
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

/** `points` carry the sign with which they count. The kind of movement is part of the transaction's id. */
export type PointsTransaction = Registers<{ readonly campaign: string; readonly points: number }>;

declare module './entities.js' {
  interface EntityOf {
    readonly points: PointsTransaction;
  }
}

// 3. Fold

export const points: Subject<'loyalty', Loyalty, LoyaltyPointsEvent, 'points', { readonly points: LoyaltyPointsFact }> =
  {
    slice: 'loyalty',
    entities: { points: true },
    facts: { points: loyaltyPointsDraft },
    initial: noLoyalty,
    on: {
      LoyaltyPointsChanged: {
        personal: ['reason'],
        touches: (data) => [
          { kind: 'points', id: idOf(data) },
          { kind: 'loyalty_card', id: data.voucher.id },
          campaignEntity(data.campaign),
        ],
        step: apply,
      },
    },
  };

const idOf = ({ kind, transaction_id, voucher }: LoyaltyPointsEvent['data']): string =>
  joint(kind, transaction_id, voucher.id);

function apply(slice: Loyalty, event: LoyaltyPointsEvent, entities: Entities): Stepped<Loyalty> {
  const { data } = event;
  const { voucher, campaign, kind } = data;
  const stamp = stampOf(event);
  const id = idOf(data);
  const before = entities.get('points', id);
  const after = merge(before, { campaign: campaignKey(campaign), points: signed(data) }, stamp, meaningOf(kind));
  const [known, all] = named(slice, entities, campaign, stamp);
  if (after === before) return [known, all];
  const granted = exchanged(0, before?.values.points ?? 0, after.values.points ?? 0);
  const onCard: CardMove = { kind: 'loyalty_card', card: voucher.id, added: granted, is_told: true };
  return inTurn(known, all.set('points', id, after), [
    (one, more) => [one, more, [onCard]],
    (one, more) => contribute(one, more, kind, before, -1),
    (one, more) => contribute(one, more, kind, after, 1),
  ]);
}

/** Compares points as the facts state them: only adjustments carry a sign there. */
const meaningOf = (kind: Movement): Meaning => ({
  compare: (field, a, b) =>
    field === 'points' && kind !== 'adjusted' ? Math.abs(Number(a)) - Math.abs(Number(b)) : compareValues(a, b),
});

function contribute(
  slice: Loyalty,
  entities: Entities,
  kind: Movement,
  transaction: PointsTransaction | undefined,
  sign: 1 | -1,
): Stepped<Loyalty> {
  const { campaign, points: moved } = transaction?.values ?? {};
  if (campaign === undefined || moved === undefined) return [slice, entities];
  return move(slice, entities, campaign, kind, sign * moved);
}

/** Negative for expired points and for the giving side of a transfer. */
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

function loyaltyPointsDraft(_: Entities, fact: LoyaltyPointsFact) {
  const { kind, campaign, voucher, balance, transaction, source_voucher, destination_voucher } = fact;
  return {
    type: 'LoyaltyPointsChanged' as const,
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
