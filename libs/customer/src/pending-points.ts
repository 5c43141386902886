import type { Entities } from './entities.js';
import type { EventOf, Instant, Stepped, Subject } from './fold.js';
import {
  campaignKey,
  type CampaignReference,
  type CardReference,
  changeCard,
  type Loyalty,
  move,
  named,
  noLoyalty,
} from './loyalty.js';
import { merge, plus, type Registers } from './merge.js';
import type { Reference } from './profile.js';

// 1. Facts and events

type Stage = 'added' | 'activated' | 'canceled';

interface PendingSaid {
  readonly kind: Stage;
  readonly campaign: CampaignReference;
  readonly voucher: CardReference;
  readonly pending_points: { readonly id: string; readonly points?: number };
  readonly order?: { readonly id: string };
}

export interface PendingPointsFact extends PendingSaid {
  readonly customer: Reference;
}

export type PendingPointsEvent = EventOf<'PendingPointsChanged', PendingSaid>;

// 2. State

/** `end`: how the waiting ended, absent while it lasts. */
export type PendingEntity = Registers<{
  readonly campaign: string;
  readonly card: string;
  readonly points: number;
  readonly end: 'activated' | 'canceled';
}>;

// 3. Fold

export const pendingPoints: Subject<Loyalty, PendingPointsEvent> = {
  initial: noLoyalty,
  on: {
    PendingPointsChanged: {
      personal: [],
      touches: ({ pending_points: { id } }) => [{ kind: 'pending', id }],
      step: settle,
    },
  },
};

function settle(slice: Loyalty, { data, occurred_at }: PendingPointsEvent, entities: Entities): Stepped<Loyalty> {
  const { kind, campaign, voucher, pending_points } = data;
  const before = entities.get('pending', pending_points.id);
  const said = {
    campaign: campaignKey(campaign),
    card: voucher.id,
    ...(pending_points.points !== undefined && { points: pending_points.points }),
    ...(kind !== 'added' && { end: kind }),
  };
  const after = merge(before, said, occurred_at);
  const known = named(slice, campaign, occurred_at);
  if (after === before) return [known, entities];
  return [contribute(contribute(known, before, -1), after, 1), entities.set('pending', pending_points.id, after)];
}

/** Waiting points are noted on their card only; activated ones are earned. */
function contribute(slice: Loyalty, pending: PendingEntity | undefined, sign: 1 | -1): Loyalty {
  const { campaign, card, points = 0, end } = pending?.values ?? {};
  if (campaign === undefined || card === undefined || end === 'canceled') return slice;
  if (end === 'activated') return move(slice, campaign, card, 'earned', sign * points);
  return changeCard(slice, card, (one) => ({ ...one, pending: plus(one.pending, sign * points) }));
}

// 4. Rules

export const pendingPointsEvent = (
  _: Entities,
  { customer: __, ...data }: PendingPointsFact,
  at: Instant,
): PendingPointsEvent => ({
  type: 'PendingPointsChanged',
  occurred_at: at,
  data,
});
