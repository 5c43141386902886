import type { CardMove } from './card-account.js';
import type { Entities, EntityKey } from './entities.js';
import type { EventOf, JsonObject, Stepped, Subject } from './fold.js';
import type { Instant } from './instant.js';
import { inOrder, type Keyed, own, put, without } from './keyed.js';
import type { CardReference } from './loyalty.js';
import type { Reference } from './profile.js';
import { merge, type Registers, timeOf } from './register.js';
import { stampOf } from './statement.js';
import { plus } from './sum.js';

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

/** Points that a fact of its own says were spent by a redemption. */
interface SpentPoints {
  readonly card: string;
  readonly points: number;
}

/** A redemption with all that belongs to it; any part may come first. */
export interface RedemptionEntity {
  readonly redemption?: Registers<Redemption>;
  readonly rollbacks: Keyed<Registers<Rollback>>;
  /** By the id of the spending. */
  readonly spent?: Keyed<SpentPoints>;
}

/** Which redemption a rollback takes back: a later fact may correct it. */
export type RollbackEntity = Registers<{ readonly redemption: string }>;

export interface Redemptions {
  readonly succeeded: number;
  readonly failed: number;
  readonly rollback_succeeded: number;
  readonly rollback_failed: number;
}

const unknown: RedemptionEntity = { rollbacks: {} };

// 3. Fold: merge the redemption, then move what it contributes

export const redemptionKey = (id: string): EntityKey => ({ kind: 'redemption', id });

export const redemptions: Subject<Redemptions, RedemptionEvent> = {
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

/** The rollback's own fields go where the rollback belongs now; what it takes along when that changes is all that was said of it. */
function rolledBack(slice: Redemptions, event: RolledBack, entities: Entities): Stepped<Redemptions> {
  const { id, redemption, ...said } = event.data;
  const stamp = stampOf(event);
  const before = entities.get('rollback', id);
  const after = merge<{ readonly redemption: string }>(before, { redemption }, stamp);
  const [from, to] = [before?.values.redemption, after.values.redemption ?? redemption];
  const known = from === undefined ? undefined : own(entities.get('redemption', from)?.rollbacks ?? {}, id);
  const rollback = merge<Rollback>(known, said, stamp);
  if (after === before && rollback === known) return [slice, entities];
  const marked = entities.set('rollback', id, after);
  const [left, taken, back = []] =
    from === undefined || from === to
      ? ([slice, marked] as const)
      : changeRedemption(slice, from, marked, (one) => ({ ...one, rollbacks: without(one.rollbacks, id) }));
  const [settled, all, moves = []] = changeRedemption(left, to, taken, (one) => ({
    ...one,
    rollbacks: put(one.rollbacks, id, rollback),
  }));
  return [settled, all, [...back, ...moves]];
}

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

/** Adds (1) or takes away (-1) what a redemption counts. A part counts on its parent alone, and so do its rollbacks (decided, see docs/rules.md). */
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

/** What a redemption moves on cards. */
function moves(entity: RedemptionEntity, sign: 1 | -1): CardMove[] {
  const credits = creditsLeft(entity);
  const gift: CardMove[] = credits ? [{ kind: 'gift_card', card: credits.card, redeemed: sign * credits.left }] : [];
  const loyalty = pointsLeft(entity).map(({ card, left }): CardMove => ({
    kind: 'loyalty_card',
    card,
    spent: sign * left,
  }));
  return [...gift, ...loyalty];
}

/** So much of one card, before and after what was rolled back. */
interface Share {
  readonly card: string;
  readonly amount: number;
  readonly left: number;
}

function creditsLeft({ redemption, rollbacks }: RedemptionEntity): Share | undefined {
  const { gift, voucher, amount: plain } = successful(redemption);
  const amount = gift?.amount ?? (voucher?.type === 'GIFT_VOUCHER' ? plain : undefined);
  if (amount === undefined) return undefined;
  return { card: voucher?.id ?? '', amount, left: leftOf(amount, rollbacks, (one) => one.gift?.amount ?? one.amount) };
}

/** The redemption's own figure for its card, and what separate facts say was spent on others; rollbacks take from cards in the order of their ids. */
function pointsLeft(entity: RedemptionEntity): Share[] {
  const spent = pointsSpent(entity);
  const all = [...spent.values()].reduce(plus, 0);
  let taken = all - leftOf(all, entity.rollbacks, (one) => one.loyalty_card?.points ?? one.amount);
  return inOrder(Object.fromEntries(spent)).map(([card, amount]) => {
    const back = Math.min(taken, amount);
    taken -= back;
    return { card, amount, left: amount - back };
  });
}

function pointsSpent({ redemption, spent = {} }: RedemptionEntity): Map<string, number> {
  const cards = new Map<string, number>();
  if (redemption?.values.result !== 'SUCCESS') return cards;
  for (const [, { card, points }] of inOrder(spent)) cards.set(card, plus(cards.get(card) ?? 0, points));
  const { loyalty_card, voucher, amount } = redemption.values;
  const own = loyalty_card?.points ?? (voucher?.type === 'LOYALTY_CARD' ? amount : undefined);
  if (own === undefined) return cards;
  const [first = ''] = cards.keys();
  return voucher ? cards.set(voucher.id, own) : new Map([[first, own]]);
}

const successful = (redemption: Registers<Redemption> | undefined): Partial<Redemption> =>
  redemption?.values.result === 'SUCCESS' ? redemption.values : {};

/** What successful rollbacks leave of an amount, never below 0; one that names no amount takes all. */
function leftOf(
  amount: number,
  rollbacks: RedemptionEntity['rollbacks'],
  of: (one: Partial<Rollback>) => number | undefined,
) {
  return Object.values(rollbacks)
    .filter(({ values }) => values.result === 'SUCCESS')
    .reduce((rest, { values }) => Math.max(0, rest - Math.abs(of(values) ?? rest)), amount);
}

// 4. Rules

export function redemptionDraft(_: Entities, { customer: __, ...data }: RedemptionFact) {
  // no redemption is a part of itself
  const said = data.redemption === data.id ? { ...data, redemption: null } : data;
  return { type: 'RedemptionRecorded' as const, data: said };
}

export const rollbackDraft = (_: Entities, { customer: __, ...data }: RollbackFact) => ({
  type: 'RedemptionRolledBack' as const,
  data,
});

// 5. Rendering

/** When it was redeemed: as it says itself, else when that was last said; undefined while only rollbacks are known. */
export const redeemedAt = ({ redemption }: RedemptionEntity): Instant | undefined =>
  redemption && (redemption.values.date ?? timeOf(redemption, 'result'));

export const rolledBackAt = (rollback: Registers<Rollback>): Instant | undefined =>
  rollback.values.date ?? timeOf(rollback, 'result');

/** The one that took it back, the first by id if several did. */
export const successfulRollback = ({ rollbacks }: RedemptionEntity) =>
  inOrder(rollbacks).find(([, { values }]) => values.result === 'SUCCESS');

/** Used until all of it is taken back. */
export function isRolledBack(entity: RedemptionEntity): boolean {
  if (!successfulRollback(entity)) return false;
  const shares = [creditsLeft(entity) ?? [], pointsLeft(entity)].flat();
  return shares.every(({ left }) => left === 0);
}

/** An attempt that succeeded, counts as one and is not taken back. */
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
