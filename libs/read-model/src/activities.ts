import { campaignKey, type CustomerEvent, type CustomerState, type Instant, momentsConcerned } from '#customer';
import { canonical } from '#encoding';
import type { Decoded } from '#event-store';
import { type ActivityRow, type Cause, causeOf, entryId, keptOf, rowOf, tieOf } from './activity-row.js';
import type { ActivityRows, RowChange } from './activity-rows.js';
import { creationsOf, settleCreation } from './creation.js';
import { entriesOf, type Entry, type Known, type Statement } from './entries.js';
import { tierMomentAfter } from './neighbours.js';

/* Activity: each statement has its own entry, and a late statement changes the entries of its neighbours. */

/** The data in a statement's rows for making its entries again. */
interface Again {
  readonly event_id: string;
  readonly statement: Statement;
}

/** The changes that an event makes to its customer's entries. Throws RowsNotLoaded and NotLoaded. */
export function activityChanges(
  rows: ActivityRows,
  customer_id: string,
  decoded: Decoded<CustomerEvent>,
  before: CustomerState,
  after: CustomerState,
): RowChange[] {
  const { event, recorded } = decoded;
  const cause = causeOf(decoded);
  const creations = creationsOf(customer_id, event, before).map((creation) => ({
    ...settleCreation(rows, customer_id, creation, event, cause),
    is_created: creation.is_created,
  }));
  // a statement of a creation is either the entry about the creation or an update
  const isToldThere = creations.some(({ is_created, isTold }) => is_created && isTold);
  const own = isToldThere ? [] : statementRows(customer_id, event, { before, after }, cause, recorded.revision);
  return [
    ...creations.flatMap(({ changes }) => changes),
    ...own.map((put) => ({ put })),
    ...corrections(rows, customer_id, event, before, after),
  ];
}

/** The key of rows whose entries depend on other statements. */
function objectOf({ type, data }: Statement): string | undefined {
  switch (type) {
    case 'LoyaltyTierChanged':
      return `tier:${campaignKey(data.campaign)}`;
    case 'ConsentChanged':
      return 'consents';
    case 'RedemptionRolledBack':
      return rollbacksOf(data.redemption);
    default:
      return undefined;
  }
}

const rollbacksOf = (redemption: string): string => `rollbacks:${redemption}`;

/** The objects that an event always reads, loaded for a whole batch at once. */
export const objectsAhead = ({ type, data }: CustomerEvent): string[] =>
  type === 'RedemptionRecorded' ? [rollbacksOf(data.id)] : [];

function statementRows(
  customer_id: string,
  { type, data, occurred_at }: Statement,
  known: Known,
  cause: Cause,
  revision: number,
): ActivityRow[] {
  const statement = { type, data, occurred_at } as Statement;
  const entries = entriesOf(customer_id, statement, known);
  const object = objectOf(statement);
  // memberships are listed in the order in which they were recorded
  const tie = type === 'SegmentEntered' || type === 'SegmentLeft' ? revision : tieOf(statement);
  const row = (entry: Entry, is_shown: boolean): ActivityRow => {
    const { event_id } = cause;
    const again: Again = { event_id, statement };
    const kept = object !== undefined && { object, of: again };
    return rowOf(entryId(event_id, entry.slot), entry, tie, cause, {
      ...{ customer_id, created_at: occurred_at, is_shown },
      ...kept,
    });
  };
  if (entries.length > 0 || object === undefined) return entries.map((entry) => row(entry, true));
  return [row(SILENT, false)];
}

/** Stored for a statement that currently has no entry. */
const SILENT: Entry = { type: 'customer.consents.given', payload: {}, slot: 0 };

/** The changes that a statement makes to the entries of other statements. */
function corrections(
  rows: ActivityRows,
  customer_id: string,
  { type, data, occurred_at: at }: CustomerEvent,
  before: CustomerState,
  after: CustomerState,
): RowChange[] {
  const again = (object: string, created_at?: Instant): RowChange[] =>
    toldAgain(rows.of({ object, ...(created_at !== undefined && { created_at }) }), customer_id, after);
  switch (type) {
    case 'LoyaltyTierChanged':
      return tierMomentAfter(after, data.campaign, at).flatMap((next) =>
        again(`tier:${campaignKey(data.campaign)}`, next),
      );
    case 'ConsentChanged':
      return [...momentsConcerned(before.head.consents, before.entities, data.consents, at)].flatMap((one) =>
        again('consents', one),
      );
    case 'RedemptionRecorded':
      return redeemedText(before, data.id) === redeemedText(after, data.id) ? [] : again(rollbacksOf(data.id));
    default:
      return [];
  }
}

/** The part of a redemption that entries about its rollbacks show. */
function redeemedText({ entities }: CustomerState, id: string): string {
  const { order, voucher } = entities.get('redemption', id)?.redemption?.values ?? {};
  return canonical([order, voucher]);
}

/** Makes the rows of these statements again from the current state. */
function toldAgain(rows: readonly ActivityRow[], customer_id: string, known: CustomerState): RowChange[] {
  const statements = new Map(rows.map((row) => [(keptOf(row).of as Again).event_id, row]));
  const made = [...statements].flatMap(([event_id, row]) => {
    const { event_source, of } = keptOf(row);
    const cause = { event_id, group_id: row.group_id, event_source };
    return statementRows(customer_id, (of as Again).statement, { before: known, after: known }, cause, 0);
  });
  const ids = new Set(made.map(({ id }) => id));
  const same = new Set(rows.map((row) => JSON.stringify(row)));
  return [
    ...rows.filter(({ id }) => !ids.has(id)).map((removed) => ({ removed })),
    ...made.filter((row) => !same.has(JSON.stringify(row))).map((put) => ({ put })),
  ];
}
