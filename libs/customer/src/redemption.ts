import type { Entities, EntityKey } from './entities.js';
import type { EventOf, Instant, JsonObject, Stepped, Subject } from './fold.js';
import { add, type Keyed, merge, own, put, type Registers, total } from './merge.js';
import type { CampaignReference, CardReference } from './loyalty.js';
import type { Reference } from './profile.js';

// 1. Facts and events

type Result = 'SUCCESS' | 'FAILURE';

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
  readonly voucher?: CardReference;
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

export type RedemptionEvent =
  | EventOf<'RedemptionRecorded', Redemption & { readonly id: string }>
  | EventOf<'RedemptionRolledBack', Rollback & { readonly id: string; readonly redemption: string }>
  | EventOf<'LoyaltyPointsSpent', SpentSaid>;

// 2. State

/** Points spent: on which card, how many. */
interface Spent {
  readonly card: string;
  readonly points: number;
}
export type Spending = Registers<Spent>;

/** A redemption with all that belongs to it; any part may come first. */
export interface RedemptionEntity {
  readonly redemption?: Registers<Redemption>;
  readonly rollbacks: Keyed<Registers<Rollback>>;
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

// 3. Fold

export const redemptions: Subject<Redemptions, RedemptionEvent> = {
  initial: { succeeded: 0, failed: 0, rollback_succeeded: 0, rollback_failed: 0, credits: {}, points: {} },
  on: {
    RedemptionRecorded: {
      personal: ['metadata', 'failure_message', 'tracking_id'],
      touches: ({ id }) => [redemption(id)],
      step: redeemed,
    },
    RedemptionRolledBack: { personal: ['reason'], touches: (data) => [redemption(data.redemption)], step: rolledBack },
    LoyaltyPointsSpent: { personal: ['reason'], touches: (data) => [spentBy(data)], step: spent },
  },
};

const redemption = (id: string): EntityKey => ({ kind: 'redemption', id });

const spentBy = (data: SpentSaid): EntityKey =>
  data.redemption
    ? redemption(data.redemption.id)
    : { kind: 'spending', id: `${data.transaction_id}/${data.voucher.id}` };

function redeemed(
  slice: Redemptions,
  { data: { id, ...said }, occurred_at }: Extract<RedemptionEvent, { type: 'RedemptionRecorded' }>,
  entities: Entities,
) {
  return settle(slice, id, entities, (before) => {
    const merged = merge(before.redemption, said, occurred_at);
    return merged === before.redemption ? before : { ...before, redemption: merged };
  });
}

function rolledBack(
  slice: Redemptions,
  { data, occurred_at }: Extract<RedemptionEvent, { type: 'RedemptionRolledBack' }>,
  entities: Entities,
) {
  const { id, redemption: of, ...said } = data;
  return settle(slice, of, entities, (before) => {
    const known = own(before.rollbacks, id);
    const merged = merge(known, said, occurred_at);
    return merged === known ? before : { ...before, rollbacks: put(before.rollbacks, id, merged) };
  });
}

function spent(
  slice: Redemptions,
  { data, occurred_at }: Extract<RedemptionEvent, { type: 'LoyaltyPointsSpent' }>,
  entities: Entities,
): Stepped<Redemptions> {
  const said = { card: data.voucher.id, points: data.points };
  const { kind, id } = spentBy(data);
  if (kind === 'redemption') {
    return settle(slice, id, entities, (before) => {
      const merged = merge(before.spent, said, occurred_at);
      return merged === before.spent ? before : { ...before, spent: merged };
    });
  }
  const before = entities.get('spending', id);
  const after = merge(before, said, occurred_at);
  if (after === before) return [slice, entities];
  const moved = addPoints(addPoints(slice, before?.values, -1), after.values, 1);
  return [moved, entities.set('spending', id, after)];
}

function settle(
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
  const { redemption: known, spent: separately, rollbacks } = entity;
  const attempt = known && isAttempt(known) ? known.values.result : undefined;
  const results = Object.values(rollbacks).map(({ values }) => values.result);
  const credits = creditsOf(entity);
  return addPoints(
    {
      succeeded: slice.succeeded + (attempt === 'SUCCESS' ? sign : 0),
      failed: slice.failed + (attempt === 'FAILURE' ? sign : 0),
      rollback_succeeded: slice.rollback_succeeded + sign * results.filter((result) => result === 'SUCCESS').length,
      rollback_failed: slice.rollback_failed + sign * results.filter((result) => result === 'FAILURE').length,
      credits: credits ? add(slice.credits, credits.card, sign * credits.amount) : slice.credits,
      points: slice.points,
    },
    known || separately ? pointsOf(entity) : undefined,
    sign,
  );
}

/** A redemption that names a parent is a part of that attempt, not one of its own (decided, see docs/rules.md). */
const isAttempt = ({ values: { redemption: parent } }: Registers<Redemption>): boolean => parent == null;

function creditsOf({ redemption: known, rollbacks }: RedemptionEntity): { card: string; amount: number } | undefined {
  const { result, gift, voucher } = known?.values ?? {};
  if (result !== 'SUCCESS' || !gift) return undefined;
  const taken = takenBack(rollbacks, (one) => one.gift?.amount);
  return { card: voucher?.id ?? '', amount: left(gift.amount, taken) };
}

/** The redemption's own figure, else what a separate fact says was spent by it; less what was rolled back. */
function pointsOf({ redemption: known, spent: separately, rollbacks }: RedemptionEntity): Spent | undefined {
  const spending = spentOn(known?.values ?? {}, separately?.values.card) ?? separately?.values;
  if (spending?.points === undefined) return undefined;
  const taken = takenBack(rollbacks, (one) => one.loyalty_card?.points);
  return { card: spending.card ?? '', points: left(spending.points, taken) };
}

function spentOn(
  { result, loyalty_card, voucher }: Partial<Redemption>,
  card: string | undefined,
): Partial<Spent> | undefined {
  return result === 'SUCCESS' && loyalty_card
    ? { card: voucher?.id ?? card ?? '', points: loyalty_card.points }
    : undefined;
}

/** What successful rollbacks took back; one that names no amount takes all. */
function takenBack(
  rollbacks: Keyed<Registers<Rollback>>,
  amount: (rollback: Partial<Rollback>) => number | undefined,
): number {
  const successful = Object.values(rollbacks).filter(({ values }) => values.result === 'SUCCESS');
  return total(successful.map(({ values }) => Math.abs(amount(values) ?? Number.POSITIVE_INFINITY)));
}

const left = (amount: number, taken: number): number => Math.max(0, amount - taken);

function addPoints(slice: Redemptions, spending: Partial<Spent> | undefined, sign: 1 | -1): Redemptions {
  const { card, points } = spending ?? {};
  return card === undefined || points === undefined
    ? slice
    : { ...slice, points: add(slice.points, card, sign * points) };
}

// 4. Rules

export const redemptionEvent = (
  _: Entities,
  { customer: __, ...data }: RedemptionFact,
  at: Instant,
): RedemptionEvent => ({
  type: 'RedemptionRecorded',
  occurred_at: at,
  data,
});

export const rollbackEvent = (_: Entities, { customer: __, ...data }: RollbackFact, at: Instant): RedemptionEvent => ({
  type: 'RedemptionRolledBack',
  occurred_at: at,
  data,
});

export const spendingEvent = (
  _: Entities,
  { campaign, voucher, balance, transaction, redemption: by }: PointsSpentFact,
  at: Instant,
): RedemptionEvent => ({
  type: 'LoyaltyPointsSpent',
  occurred_at: at,
  data: {
    campaign,
    voucher,
    points: balance.points,
    transaction_id: transaction.id,
    ...(transaction.reason !== undefined && { reason: transaction.reason }),
    ...(by && { redemption: by }),
  },
});

// 5. Rendering

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
