import { type Entities, type EntityKey, joint } from './entities.js';
import { type EventOf, type Instant, nothing, type Stepped, type Subject } from './fold.js';
import { type CampaignReference, type CardReference, type Loyalty, named, noLoyalty } from './loyalty.js';
import { merge, type Registers } from './merge.js';
import type { Reference } from './profile.js';
import { redemptionKey, redemptions, type Redemptions, settleRedemption, tally } from './redemption.js';

// 1. Facts and events

/** `voucher.loyalty_card.points_spent`: by a redemption when it names one, else on its own. */
export interface PointsSpentFact {
  readonly kind: 'spent';
  readonly campaign: CampaignReference;
  readonly voucher: CardReference;
  readonly balance: { readonly points: number };
  readonly transaction: { readonly id: string; readonly reason?: string };
  readonly redemption?: { readonly id: string };
  readonly customer: Reference;
}

interface SpentSaid {
  readonly campaign: CampaignReference;
  readonly voucher: CardReference;
  readonly points: number;
  readonly transaction_id: string;
  readonly reason?: string;
  readonly redemption?: { readonly id: string };
}

export type SpendingEvent = EventOf<'LoyaltyPointsSpent', SpentSaid>;

// 2. State

/** Points spent: on which card, how many. */
export type Spending = Registers<{ readonly card: string; readonly points: number }>;

// 3. Fold

const PERSONAL = ['reason'] as const;

export const spendings: Subject<Redemptions, SpendingEvent> = {
  initial: redemptions.initial,
  on: { LoyaltyPointsSpent: { personal: PERSONAL, touches: (data) => [keyOf(data)], step: settle } },
};

/** Spending does not lower a campaign's points, but it makes the campaign known. */
export const spendingCampaigns: Subject<Loyalty, SpendingEvent> = {
  initial: noLoyalty,
  on: {
    LoyaltyPointsSpent: {
      personal: PERSONAL,
      touches: nothing,
      step: (slice, { data, occurred_at }, entities) => [named(slice, data.campaign, occurred_at), entities],
    },
  },
};

const keyOf = ({ redemption, transaction_id, voucher }: SpentSaid): EntityKey =>
  redemption ? redemptionKey(redemption.id) : { kind: 'spending', id: joint(transaction_id, voucher.id) };

/** What a redemption spent belongs to that redemption; the rest stands alone. */
function settle(slice: Redemptions, { data, occurred_at }: SpendingEvent, entities: Entities): Stepped<Redemptions> {
  const said = { card: data.voucher.id, points: data.points };
  const { kind, id } = keyOf(data);
  if (kind === 'spending') return settleAlone(slice, id, entities, (before) => merge(before, said, occurred_at));
  return settleRedemption(slice, id, entities, (before) => {
    const spent = merge(before.spent, said, occurred_at);
    return spent === before.spent ? before : { ...before, spent };
  });
}

function settleAlone(
  slice: Redemptions,
  id: string,
  entities: Entities,
  change: (before: Spending | undefined) => Spending,
): Stepped<Redemptions> {
  const before = entities.get('spending', id);
  const after = change(before);
  if (after === before) return [slice, entities];
  const points = tally(tally(slice.points, share(before), -1), share(after), 1);
  return [{ ...slice, points }, entities.set('spending', id, after)];
}

const share = (spending: Spending | undefined) =>
  spending && { card: spending.values.card ?? '', amount: spending.values.points ?? 0 };

// 4. Rules

export function spendingEvent(_: Entities, fact: PointsSpentFact, at: Instant): SpendingEvent {
  const { campaign, voucher, balance, transaction, redemption } = fact;
  return {
    type: 'LoyaltyPointsSpent',
    occurred_at: at,
    data: {
      campaign,
      voucher,
      points: balance.points,
      transaction_id: transaction.id,
      ...(transaction.reason !== undefined && { reason: transaction.reason }),
      ...(redemption && { redemption }),
    },
  };
}
