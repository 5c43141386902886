import {
  type Activity,
  activityId,
  type Cause,
  causeOf,
  changedBy,
  creationsOf,
  describe,
  isInLogOrder,
  type Known,
  objectOf,
  type Statement,
} from '#activity';
import type { CustomerEvent, CustomerState } from '#customer';
import type { Decoded } from '#event-store';
import { type ActivityRow, keptOf, rowOf, tieOf } from './activity-row.js';
import type { ActivityRows, RowChange } from './activity-rows.js';
import { mergeCreation } from './activity-creation.js';

/* Activity: each statement has its own entry, and a late statement changes the entries of its neighbours. */

/** The data in a statement's rows for making its entries again. */
interface Source {
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
    ...mergeCreation(rows, customer_id, creation, event, cause),
    is_created: creation.is_created,
  }));
  // a statement of a creation is either the entry about the creation or an update
  const isCreation = creations.some(({ is_created, isShown }) => is_created && isShown);
  const own = isCreation ? [] : statementRows(customer_id, event, { before, after }, cause, recorded.revision);
  return [
    ...creations.flatMap(({ changes }) => changes),
    ...own.map((put) => ({ put })),
    ...changedBy(customer_id, event, before, after).flatMap((key) => describedAgain(rows.of(key), customer_id, after)),
  ];
}

function statementRows(
  customer_id: string,
  { type, data, occurred_at }: Statement,
  known: Known,
  cause: Cause,
  revision: number,
): ActivityRow[] {
  const statement = { type, data, occurred_at } as Statement;
  const activities = describe(customer_id, statement, known);
  const object = objectOf(statement);
  const tie = isInLogOrder(type) ? revision : tieOf(statement);
  const row = (activity: Activity, is_shown: boolean): ActivityRow => {
    const { event_id } = cause;
    const source: Source = { event_id, statement };
    const kept = object !== undefined && { object, of: source };
    return rowOf(activityId(event_id, activity.slot), activity, tie, cause, {
      ...{ customer_id, created_at: occurred_at, is_shown },
      ...kept,
    });
  };
  if (activities.length > 0 || object === undefined) return activities.map((activity) => row(activity, true));
  return [row(SILENT, false)];
}

/** Stored for a statement that says nothing as things stand. */
const SILENT: Activity = { type: 'customer.consents.given', payload: {}, slot: 0 };

/** The rows of some statements as things stand now. */
function describedAgain(rows: readonly ActivityRow[], customer_id: string, known: CustomerState): RowChange[] {
  const statements = new Map(rows.map((row) => [(keptOf(row).of as Source).event_id, row]));
  const made = [...statements].flatMap(([event_id, row]) => {
    const { event_source, of } = keptOf(row);
    const cause = { event_id, group_id: row.group_id, event_source };
    return statementRows(customer_id, (of as Source).statement, { before: known, after: known }, cause, 0);
  });
  const ids = new Set(made.map(({ id }) => id));
  const same = new Set(rows.map((row) => JSON.stringify(row)));
  return [
    ...rows.filter(({ id }) => !ids.has(id)).map((removed) => ({ removed })),
    ...made.filter((row) => !same.has(JSON.stringify(row))).map((put) => ({ put })),
  ];
}
