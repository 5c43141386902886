import type { CardMove } from './card-move.js';
import type { Entities } from './entities.js';
import { type EventOf, inTurn, type Stepped, type Subject } from './fold.js';
import {
  campaignEntity,
  campaignKey,
  type CampaignReference,
  type CardReference,
  type Loyalty,
  move,
  named,
  noLoyalty,
} from './loyalty.js';
import type { Reference } from './profile.js';
import { merge, type Registers } from './register.js';
import { stampOf } from './statement.js';

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

/** `end`: the final stage, absent while the points are pending. */
export type PendingEntity = Registers<{
  readonly campaign: string;
  readonly card: string;
  readonly points: number;
  readonly end: 'activated' | 'canceled';
}>;

declare module './entities.js' {
  interface EntityOf {
    readonly pending: PendingEntity;
  }
}

// 3. Fold

export const pendingPoints: Subject<
  'loyalty',
  Loyalty,
  PendingPointsEvent,
  'pending',
  { readonly pending_points: PendingPointsFact }
> = {
  slice: 'loyalty',
  entities: { pending: true },
  facts: { pending_points: pendingPointsDraft },
  initial: noLoyalty,
  on: {
    PendingPointsChanged: {
      personal: [],
      touches: ({ pending_points: { id }, voucher, campaign }) => [
        { kind: 'pending', id },
        { kind: 'loyalty_card', id: voucher.id },
        campaignEntity(campaign),
      ],
      step: apply,
    },
  },
};

function apply(slice: Loyalty, event: PendingPointsEvent, entities: Entities): Stepped<Loyalty> {
  const { kind, campaign, voucher, pending_points } = event.data;
  const stamp = stampOf(event);
  const before = entities.get('pending', pending_points.id);
  const said = {
    campaign: campaignKey(campaign),
    card: voucher.id,
    ...(pending_points.points !== undefined && { points: pending_points.points }),
    ...(kind !== 'added' && { end: kind }),
  };
  const after = merge(before, said, stamp);
  const told: CardMove = { kind: 'loyalty_card', card: voucher.id, is_told: true };
  const [known, all] = named(slice, entities, campaign, stamp);
  if (after === before) return [known, all, [told]];
  return inTurn(known, all.set('pending', pending_points.id, after), [
    (one, more) => [one, more, [told, ...moves(before, -1), ...moves(after, 1)]],
    (one, more) => earned(one, more, before, -1),
    (one, more) => earned(one, more, after, 1),
  ]);
}

/** Adds (1) or removes (-1) activated points, which count as earned. */
function earned(
  slice: Loyalty,
  entities: Entities,
  pending: PendingEntity | undefined,
  sign: 1 | -1,
): Stepped<Loyalty> {
  const { campaign, points = 0, end } = pending?.values ?? {};
  if (campaign === undefined || end !== 'activated') return [slice, entities];
  return move(slice, entities, campaign, 'earned', sign * points);
}

/** The moves of pending points, which only their card shows. */
function moves(pending: PendingEntity | undefined, sign: 1 | -1): CardMove[] {
  const { card, points = 0, end } = pending?.values ?? {};
  if (card === undefined || end === 'canceled') return [];
  return [{ kind: 'loyalty_card', card, [end === 'activated' ? 'added' : 'pending']: sign * points }];
}

// 4. Rules

function pendingPointsDraft(_: Entities, { customer: __, ...data }: PendingPointsFact) {
  return {
    type: 'PendingPointsChanged' as const,
    data,
  };
}
