import type { CardMove } from './card-move.js';
import type { Entities, EntityKey } from './entities.js';
import { type EventOf, inTurn, type JsonObject, type Stepped, type Subject } from './fold.js';
import type { Instant } from './instant.js';
import { inOrder, type Keyed, own, put, without } from './keyed.js';
import type { CardReference } from './loyalty.js';
import type { Reference } from './profile.js';
import { merge, type Registers, timeOf } from './register.js';
import { sharesOf } from './redemption-shares.js';
import { stampOf } from './statement.js';

// 1. Facts and events

type Result = 'SUCCESS' | 'FAILURE';

/** A card, and its campaign. */
interface RedeemedCard extends CardReference {
  readonly campaign?: string;
  readonly campaign_id?: string;
}

/** One redemption; `redemption` is the parent of a part. */
export interface Redemption {
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

/** The rollback of a redemption; amounts may be written as negative numbers. */
export interface Rollback {
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

/** Points that a separate fact says a redemption spent. */
interface SpentPoints {
  readonly card: string;
  readonly points: number;
}

/** A redemption with its rollbacks and spendings; any of them may come first. */
export interface RedemptionEntity {
  readonly redemption?: Registers<Redemption>;
  readonly rollbacks: Keyed<Registers<Rollback>>;
  /** By the id of the spending. */
  readonly spent?: Keyed<SpentPoints>;
}

/** The redemption that a rollback takes back; a later fact may correct it. */
export type RollbackEntity = Registers<{ readonly redemption: string }>;

declare module './entities.js' {
  interface EntityOf {
    readonly redemption: RedemptionEntity;
    readonly rollback: RollbackEntity;
  }
}

export interface Redemptions {
  readonly succeeded: number;
  readonly failed: number;
  readonly rollback_succeeded: number;
  readonly rollback_failed: number;
}

const unknown: RedemptionEntity = { rollbacks: {} };

// 3. Fold: merge the redemption, then move its contribution to the sums

export const redemptionKey = (id: string): EntityKey => ({ kind: 'redemption', id });

export const redemptions: Subject<
  'redemptions',
  Redemptions,
  RedemptionEvent,
  'redemption' | 'rollback',
  { readonly redemption: RedemptionFact; readonly rollback: RollbackFact }
> = {
  slice: 'redemptions',
  entities: { redemption: true, rollback: true },
  facts: { redemption: redemptionDraft, rollback: rollbackDraft },
  initial: { succeeded: 0, failed: 0, rollback_succeeded: 0, rollback_failed: 0 },
  on: {
    RedemptionRecorded: {
      personal: ['metadata', 'failure_message', 'tracking_id'],
      touches: ({ id, gift, loyalty_card, amount, voucher }) => [
        redemptionKey(id),
        ...cardKeys(gift ?? loyalty_card ?? amount, voucher),
      ],
      step: recorded,
    },
    RedemptionRolledBack: {
      personal: ['reason'],
      touches: ({ id, redemption }) => [{ kind: 'rollback', id }, redemptionKey(redemption)],
      step: rolledBack,
    },
  },
};

const cardKeys = (amount: unknown, voucher: RedeemedCard | undefined): EntityKey[] =>
  amount === undefined
    ? []
    : [
        { kind: 'gift_card', id: voucher?.id ?? '' },
        { kind: 'loyalty_card', id: voucher?.id ?? '' },
      ];

function recorded(slice: Redemptions, event: Recorded, entities: Entities): Stepped<Redemptions> {
  const { id, ...said } = event.data;
  return changeRedemption(slice, id, entities, (before) => {
    const redemption = merge<Redemption>(before.redemption, said, stampOf(event));
    return redemption === before.redemption ? before : { ...before, redemption };
  });
}

/** Merges the rollback into its redemption; when a fact corrects the redemption, all statements move along. */
function rolledBack(slice: Redemptions, event: RolledBack, entities: Entities): Stepped<Redemptions> {
  const { id, redemption, ...said } = event.data;
  const stamp = stampOf(event);
  const before = entities.get('rollback', id);
  const after = merge<{ readonly redemption: string }>(before, { redemption }, stamp);
  const { redemption: from } = before?.values ?? {};
  const { redemption: to = redemption } = after.values;
  const known = from === undefined ? undefined : own(entities.get('redemption', from)?.rollbacks ?? {}, id);
  const rollback = merge<Rollback>(known, said, stamp);
  if (after === before && rollback === known) return [slice, entities];
  return inTurn(slice, entities.set('rollback', id, after), [
    (one, all) => (from === undefined || from === to ? [one, all] : withRollback(one, all, from, id, undefined)),
    (one, all) => withRollback(one, all, to, id, rollback),
  ]);
}

const withRollback = (
  slice: Redemptions,
  entities: Entities,
  redemption: string,
  id: string,
  rollback: Registers<Rollback> | undefined,
): Stepped<Redemptions> =>
  changeRedemption(slice, redemption, entities, (one) => ({
    ...one,
    rollbacks: rollback ? put(one.rollbacks, id, rollback) : without(one.rollbacks, id),
  }));

export function changeRedemption(
  slice: Redemptions,
  id: string,
  entities: Entities,
  change: (before: RedemptionEntity) => RedemptionEntity,
): Stepped<Redemptions> {
  const before = entities.get('redemption', id) ?? unknown;
  const after = change(before);
  if (after === before) return [slice, entities];
  const counted = count(count(slice, before, -1), after, 1);
  return [counted, entities.set('redemption', id, after), [...moves(before, -1), ...moves(after, 1)]];
}

/** Adds (1) or removes (-1) a redemption. Parts and their rollbacks count on the parent alone (see docs/rules.md). */
function count(slice: Redemptions, { redemption, rollbacks }: RedemptionEntity, sign: 1 | -1): Redemptions {
  if (redemption?.values.redemption != null) return slice;
  const result = redemption?.values.result;
  const results = Object.values(rollbacks).map(({ values }) => values.result);
  const numberOf = (wanted: Result): number => results.filter((one) => one === wanted).length;
  return {
    succeeded: slice.succeeded + (result === 'SUCCESS' ? sign : 0),
    failed: slice.failed + (result === 'FAILURE' ? sign : 0),
    rollback_succeeded: slice.rollback_succeeded + sign * numberOf('SUCCESS'),
    rollback_failed: slice.rollback_failed + sign * numberOf('FAILURE'),
  };
}

/** The moves that take a redemption from its cards (1), or give it back (-1). */
const moves = (entity: RedemptionEntity, sign: 1 | -1): CardMove[] =>
  sharesOf(entity).map(({ kind, card, left }) => ({ kind, card, taken: sign * left }));

// 4. Rules

function redemptionDraft(_: Entities, { customer: __, ...data }: RedemptionFact) {
  // no redemption is a part of itself
  const said = data.redemption === data.id ? { ...data, redemption: null } : data;
  return { type: 'RedemptionRecorded' as const, data: said };
}

function rollbackDraft(_: Entities, { customer: __, ...data }: RollbackFact) {
  return {
    type: 'RedemptionRolledBack' as const,
    data,
  };
}

// 5. Rendering

/** Its own date, else the time of the statement of its result; undefined while only rollbacks are known. */
export const redeemedAt = ({ redemption }: RedemptionEntity): Instant | undefined =>
  redemption && (redemption.values.date ?? timeOf(redemption, 'result'));

export const rolledBackAt = (rollback: Registers<Rollback>): Instant | undefined =>
  rollback.values.date ?? timeOf(rollback, 'result');

/** The first successful rollback by id. */
export const successfulRollback = ({ rollbacks }: RedemptionEntity) =>
  inOrder(rollbacks).find(([, { values }]) => values.result === 'SUCCESS');

/** True when rollbacks took all of it back. */
export function isRolledBack(entity: RedemptionEntity): boolean {
  if (!successfulRollback(entity)) return false;
  return sharesOf(entity).every(({ left }) => left === 0);
}

/** True for a successful redemption that is no part of another and is not rolled back. */
export const isUsed = (entity: RedemptionEntity): boolean =>
  entity.redemption?.values.result === 'SUCCESS' &&
  entity.redemption.values.redemption == null &&
  !isRolledBack(entity);

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
