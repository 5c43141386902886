import type { Entities, EntityKey } from './entities.js';
import type { EventOf, Instant, JsonObject, Stepped, Subject } from './fold.js';
import type { CardReference } from './loyalty.js';
import { add, inOrder, type Keyed, merge, own, put, type Registers } from './merge.js';
import type { Reference } from './profile.js';
import type { Spending } from './spending.js';

// 1. Facts and events

type Result = 'SUCCESS' | 'FAILURE';

/** A card, and the campaign that it is of. */
interface RedeemedCard extends CardReference {
  readonly campaign?: string;
  readonly campaign_id?: string;
}

/** One redemption; `redemption` names the parent of which it is a part. */
interface Redemption {
  readonly result: Result;
  readonly redemption?: string | null;
  readonly date?: Instant;
  readonly amount?: number;
  readonly tracking_id?: string;
  readonly failure_code?: string;
  readonly failure_message?: string;
  readonly metadata?: JsonObject;
  readonly order?: { readonly id: string };
  readonly gift?: { readonly amount: number };
  readonly loyalty_card?: { readonly points: number };
  readonly voucher?: RedeemedCard;
}

export interface RedemptionFact extends Redemption {
  readonly id: string;
  readonly customer: Reference;
}

/** Taking a redemption back; amounts may be written as negative numbers. */
interface Rollback {
  readonly result: Result;
  readonly date?: Instant;
  readonly amount?: number;
  readonly reason?: string;
  readonly gift?: { readonly amount: number };
  readonly loyalty_card?: { readonly points: number };
}

export interface RollbackFact extends Rollback {
  readonly id: string;
  readonly redemption: string;
  readonly customer: Reference;
}

type Recorded = EventOf<'RedemptionRecorded', Redemption & { readonly id: string }>;
type RolledBack = EventOf<'RedemptionRolledBack', Rollback & { readonly id: string; readonly redemption: string }>;
export type RedemptionEvent = Recorded | RolledBack;

// 2. State

/** A redemption with all that belongs to it; any part may come first. */
export interface RedemptionEntity {
  readonly redemption?: Registers<Redemption>;
  readonly rollbacks: Keyed<Registers<Rollback>>;
  /** What a fact of its own says was spent by it. */
  readonly spent?: Spending;
}

export interface Redemptions {
  readonly succeeded: number;
  readonly failed: number;
  readonly rollback_succeeded: number;
  readonly rollback_failed: number;
  /** Credits redeemed, by gift card. */
  readonly credits: Keyed<number>;
  /** Points spent, by loyalty card. */
  readonly points: Keyed<number>;
}

const unknown: RedemptionEntity = { rollbacks: {} };

// 3. Fold: merge the redemption, then move what it contributes

export const redemptionKey = (id: string): EntityKey => ({ kind: 'redemption', id });

export const redemptions: Subject<Redemptions, RedemptionEvent> = {
  initial: { succeeded: 0, failed: 0, rollback_succeeded: 0, rollback_failed: 0, credits: {}, points: {} },
  on: {
    RedemptionRecorded: {
      personal: ['metadata', 'failure_message', 'tracking_id'],
      touches: ({ id }) => [redemptionKey(id)],
      step: recorded,
    },
    RedemptionRolledBack: {
      personal: ['reason'],
      touches: ({ redemption }) => [redemptionKey(redemption)],
      step: rolledBack,
    },
  },
};

function recorded(slice: Redemptions, { data: { id, ...said }, occurred_at }: Recorded, entities: Entities) {
  return settleRedemption(slice, id, entities, (before) => {
    const redemption = merge(before.redemption, said, occurred_at);
    return redemption === before.redemption ? before : { ...before, redemption };
  });
}

function rolledBack(slice: Redemptions, { data, occurred_at }: RolledBack, entities: Entities) {
  const { id, redemption, ...said } = data;
  return settleRedemption(slice, redemption, entities, (before) => {
    const known = own(before.rollbacks, id);
    const rollback = merge(known, said, occurred_at);
    return rollback === known ? before : { ...before, rollbacks: put(before.rollbacks, id, rollback) };
  });
}

export function settleRedemption(
  slice: Redemptions,
  id: string,
  entities: Entities,
  change: (before: RedemptionEntity) => RedemptionEntity,
): Stepped<Redemptions> {
  const before = entities.get('redemption', id) ?? unknown;
  const after = change(before);
  if (after === before) return [slice, entities];
  return [contribute(contribute(slice, before, -1), after, 1), entities.set('redemption', id, after)];
}

/** Adds (1) or takes away (-1) what a redemption contributes. */
function contribute(slice: Redemptions, entity: RedemptionEntity, sign: 1 | -1): Redemptions {
  const attempt = attemptOf(entity);
  const rollbacks = Object.values(entity.rollbacks).map(({ values }) => values.result);
  const counted = {
    succeeded: slice.succeeded + (attempt === 'SUCCESS' ? sign : 0),
    failed: slice.failed + (attempt === 'FAILURE' ? sign : 0),
    rollback_succeeded: slice.rollback_succeeded + sign * rollbacks.filter((result) => result === 'SUCCESS').length,
    rollback_failed: slice.rollback_failed + sign * rollbacks.filter((result) => result === 'FAILURE').length,
  };
  return {
    ...counted,
    credits: tally(slice.credits, creditsOf(entity), sign),
    points: tally(slice.points, pointsOf(entity), sign),
  };
}

/** A redemption that names a parent is a part of that attempt, not one of its own (decided, see docs/rules.md). */
const attemptOf = ({ redemption }: RedemptionEntity): Result | undefined =>
  redemption?.values.redemption == null ? redemption?.values.result : undefined;

/** So much of one card. */
interface Share {
  readonly card: string;
  readonly amount: number;
}

export const tally = (sums: Keyed<number>, share: Share | undefined, sign: 1 | -1): Keyed<number> =>
  share ? add(sums, share.card, sign * share.amount) : sums;

function creditsOf({ redemption, rollbacks }: RedemptionEntity): Share | undefined {
  const { gift, voucher } = successful(redemption);
  return gift && { card: voucher?.id ?? '', amount: left(gift.amount, rollbacks, (one) => one.gift?.amount) };
}

/** The redemption's own figure, else what a separate fact says was spent by it; less what was rolled back. */
function pointsOf({ redemption, rollbacks, spent }: RedemptionEntity): Share | undefined {
  const { loyalty_card, voucher } = successful(redemption);
  const points = loyalty_card?.points ?? spent?.values.points;
  if (points === undefined) return undefined;
  const card = (loyalty_card && voucher?.id) ?? spent?.values.card ?? '';
  return { card, amount: left(points, rollbacks, (one) => one.loyalty_card?.points) };
}

const successful = (redemption: Registers<Redemption> | undefined): Partial<Redemption> =>
  redemption?.values.result === 'SUCCESS' ? redemption.values : {};

/** What successful rollbacks leave of an amount, never below 0; one that names no amount takes all. */
function left(
  amount: number,
  rollbacks: RedemptionEntity['rollbacks'],
  of: (one: Partial<Rollback>) => number | undefined,
) {
  return Object.values(rollbacks)
    .filter(({ values }) => values.result === 'SUCCESS')
    .reduce((rest, { values }) => Math.max(0, rest - Math.abs(of(values) ?? rest)), amount);
}

// 4. Rules

export function redemptionEvent(_: Entities, { customer: __, ...data }: RedemptionFact, at: Instant): RedemptionEvent {
  // no redemption is a part of itself
  const said = data.redemption === data.id ? { ...data, redemption: null } : data;
  return { type: 'RedemptionRecorded', occurred_at: at, data: said };
}

export function rollbackEvent(_: Entities, { customer: __, ...data }: RollbackFact, at: Instant): RedemptionEvent {
  return { type: 'RedemptionRolledBack', occurred_at: at, data };
}

// 5. Rendering

/** When it was redeemed: as it says itself, else when that was last said; undefined while only rollbacks are known. */
export const redeemedAt = ({ redemption }: RedemptionEntity): Instant | undefined =>
  redemption && (redemption.values.date ?? own(redemption.times, 'result'));

export const rolledBackAt = ({ values, times }: Registers<Rollback>): Instant | undefined =>
  values.date ?? own(times, 'result');

/** The one that took it back, the first by id if several did. */
export const successfulRollback = ({ rollbacks }: RedemptionEntity) =>
  inOrder(rollbacks).find(([, { values }]) => values.result === 'SUCCESS');

export const isRolledBack = (entity: RedemptionEntity): boolean => successfulRollback(entity) !== undefined;

export function redemptionSummary({ succeeded, failed, rollback_succeeded, rollback_failed }: Redemptions): object {
  return {
    total_redeemed: succeeded + failed,
    total_failed: failed,
    total_succeeded: succeeded,
    total_rolled_back: rollback_succeeded + rollback_failed,
    total_rollback_failed: rollback_failed,
    total_rollback_succeeded: rollback_succeeded,
  };
}
