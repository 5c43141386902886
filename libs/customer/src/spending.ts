import type { CardMove } from './card-move.js';
import { type Entities, type EntityKey, joint } from './entities.js';
import { type EventOf, inTurn, type Stepped, type Subject } from './fold.js';
import { put, without } from './keyed.js';
import {
  campaignEntity,
  type CampaignReference,
  type CardReference,
  type Loyalty,
  named,
  noLoyalty,
} from './loyalty.js';
import type { Reference } from './profile.js';
import { changeRedemption, redemptionKey, redemptions, type Redemptions } from './redemption.js';
import { merge, type Registers } from './register.js';
import { stampOf } from './statement.js';

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

/** Points spent from one card in one transaction; a later fact may correct their number and the redemption. */
export type Spending = Registers<{ readonly card: string; readonly points: number; readonly redemption: string }>;

declare module './entities.js' {
  interface EntityOf {
    readonly spending: Spending;
  }
}

// 3. Fold

const PERSONAL = ['reason'] as const;

export const spendings: Subject<
  'redemptions',
  Redemptions,
  SpendingEvent,
  'spending',
  { readonly spending: PointsSpentFact }
> = {
  slice: 'redemptions',
  entities: { spending: true },
  facts: { spending: spendingDraft },
  initial: redemptions.initial,
  on: {
    LoyaltyPointsSpent: {
      personal: PERSONAL,
      touches: (data): EntityKey[] => [
        { kind: 'spending', id: idOf(data) },
        { kind: 'loyalty_card', id: data.voucher.id },
        ...(data.redemption ? [redemptionKey(data.redemption.id)] : []),
      ],
      step: apply,
    },
  },
};

/** Spending does not lower a campaign's points, but it makes the campaign known. */
export const spendingCampaigns: Subject<'loyalty', Loyalty, SpendingEvent> = {
  slice: 'loyalty',
  entities: {},
  facts: {},
  initial: noLoyalty,
  on: {
    LoyaltyPointsSpent: {
      personal: PERSONAL,
      touches: ({ campaign }) => [campaignEntity(campaign)],
      step: (slice, event, entities) => named(slice, entities, event.data.campaign, stampOf(event)),
    },
  },
};

const idOf = ({ transaction_id, voucher }: SpentSaid): string => joint(transaction_id, voucher.id);

/** Points spent by a redemption count on that redemption; others count on their own. */
function apply(slice: Redemptions, event: SpendingEvent, entities: Entities): Stepped<Redemptions> {
  const { data } = event;
  const id = idOf(data);
  const said = {
    card: data.voucher.id,
    points: data.points,
    ...(data.redemption && { redemption: data.redemption.id }),
  };
  const before = entities.get('spending', id);
  const after = merge(before, said, stampOf(event));
  if (after === before) return [slice, entities];
  return inTurn(slice, entities.set('spending', id, after), [
    (one, all) => placed(one, id, before, -1, all),
    (one, all) => placed(one, id, after, 1, all),
  ]);
}

/** Adds a spending to its redemption or card (1), or removes it (-1). */
function placed(
  slice: Redemptions,
  id: string,
  spending: Spending | undefined,
  sign: 1 | -1,
  entities: Entities,
): Stepped<Redemptions> {
  const { card = '', points = 0, redemption } = spending?.values ?? {};
  if (!spending) return [slice, entities];
  if (redemption === undefined) {
    const move: CardMove = { kind: 'loyalty_card', card, taken: sign * points };
    return [slice, entities, [move]];
  }
  return changeRedemption(slice, redemption, entities, ({ spent = {}, ...one }) => ({
    ...one,
    spent: sign === 1 ? put(spent, id, { card, points }) : without(spent, id),
  }));
}

// 4. Rules

function spendingDraft(_: Entities, fact: PointsSpentFact) {
  const { campaign, voucher, balance, transaction, redemption } = fact;
  return {
    type: 'LoyaltyPointsSpent' as const,
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
