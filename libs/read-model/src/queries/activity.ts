import { shown } from '#customer';
import { UnknownCursor } from '#database';
import { sql } from 'kysely';
import { type ActivityRow, type Kept } from '../projecting/activity-row.js';
import { type Conditions, conditionsOf, count, inOneView, millisecondOf } from './page.js';
import { simpleCustomers } from './simple-customer.js';
import type { Db } from '../statements.js';

/** Contract 2.6. Both dates are instants and inclusive. */
export interface ActivityFilter {
  readonly limit?: number | undefined;
  readonly order?: 'created_at' | '-created_at' | undefined;
  readonly starting_after_id?: string | undefined;
  /** For the deprecated list: an instant, whose millisecond the page excludes. */
  readonly starting_after?: string | undefined;
  readonly start_date?: string | undefined;
  readonly end_date?: string | undefined;
  readonly campaign_id?: string | undefined;
  readonly campaign_type?: string | undefined;
  readonly category?: 'ACTION' | 'EFFECT' | undefined;
  readonly type?: string | undefined;
}

/** Contract 4.1. */
export interface ListedActivity {
  readonly id: string;
  readonly type: string;
  readonly created_at: string;
  readonly group_id: string;
  readonly data: { readonly data: object; readonly event_source: object };
}

export interface ActivityPage {
  readonly object: 'list';
  readonly data_ref: 'data';
  readonly data: readonly ListedActivity[];
  readonly has_more: boolean;
  /** Present only when there is more. */
  readonly more_starting_after?: string;
}

/** The deprecated list: `total` counts all matches, independent of the page; there is no cursor. */
export interface ActivitiesPage extends Pick<ActivityPage, 'object' | 'data_ref' | 'data'> {
  readonly total: number;
}

const LIMIT = 10;

/** The deprecated list. Throws UnknownCursor. */
export async function listActivities(db: Db, customerId: string, filter: ActivityFilter): Promise<ActivitiesPage> {
  const { object, data_ref, data } = await listActivity(db, customerId, filter);
  const all = await matching(
    db,
    customerId,
    { ...filter, starting_after: undefined, starting_after_id: undefined },
    'desc',
  );
  return { object, data_ref, data, total: await count(all) };
}

/** Lists activity, by default the newest first; empty for an unknown customer. Throws UnknownCursor. */
export function listActivity(db: Db, customerId: string, filter: ActivityFilter): Promise<ActivityPage> {
  return inOneView(db, async (tx) => {
    const { limit = LIMIT, order = '-created_at' } = filter;
    const direction = order === 'created_at' ? 'asc' : 'desc';
    const rows = await (
      await matching(tx, customerId, filter, direction)
    )
      .select(['id', 'customer_id', 'type', 'created_at', 'group_id', 'data'])
      .orderBy('created_at', direction)
      .orderBy('ordinal', direction)
      .orderBy('id', direction)
      .limit(limit + 1)
      .execute();
    return activityPage(tx, rows, limit);
  });
}

/** Makes a page of rows that were read with a limit of one more. */
export async function activityPage(db: Db, rows: readonly Row[], limit: number): Promise<ActivityPage> {
  const data = await listed(db, rows.slice(0, limit));
  const last = data.at(-1);
  if (rows.length <= limit || last === undefined) return { object: 'list', data_ref: 'data', data, has_more: false };
  return { object: 'list', data_ref: 'data', data, has_more: true, more_starting_after: last.id };
}

export const isShown = sql<boolean>`is_shown = 1`;

const CONDITIONS: Conditions<
  'activities',
  Omit<ActivityFilter, 'limit' | 'order' | 'starting_after_id' | 'starting_after'>
> = {
  start_date: (row, at) => [row('created_at', '>=', at)],
  end_date: (row, at) => [row('created_at', '<=', at)],
  campaign_id: (row, id) => [row('campaign_id', '=', id)],
  campaign_type: (row, name) => [row('campaign_type', '=', name)],
  category: (row, name) => [row('category', '=', name)],
  type: (row, name) => [row('type', '=', name)],
};

async function matching(db: Db, customerId: string, filter: ActivityFilter, direction: 'asc' | 'desc') {
  const { starting_after_id, starting_after } = filter;
  const [isUp, past] = direction === 'asc' ? [true, '>' as const] : [false, '<' as const];
  const query = db
    .selectFrom('activities')
    .where((row) =>
      row.and([
        row('customer_id', '=', customerId),
        isShown,
        ...(starting_after === undefined
          ? []
          : [row('created_at', past, millisecondOf(starting_after)[isUp ? 'to' : 'from'])]),
        ...conditionsOf(CONDITIONS, filter, row),
      ]),
    );
  if (starting_after_id === undefined) return query;
  const { created_at, ordinal } = await cursor(db, customerId, starting_after_id);
  // the first condition lets the index start at the cursor
  return query
    .where('created_at', `${past}=`, created_at)
    .where((row) =>
      row.or([
        row('created_at', '!=', created_at),
        row('ordinal', past, ordinal),
        row.and([row('ordinal', '=', ordinal), row('id', past, starting_after_id)]),
      ]),
    );
}

async function cursor(db: Db, customerId: string, id: string): Promise<{ created_at: string; ordinal: number }> {
  const found = await db
    .selectFrom('activities')
    .select(['created_at', 'ordinal'])
    .where('id', '=', id)
    .where('customer_id', '=', customerId)
    .executeTakeFirst();
  if (!found) throw new UnknownCursor(id);
  return found;
}

type Row = Pick<ActivityRow, 'id' | 'customer_id' | 'type' | 'created_at' | 'group_id' | 'data'>;

async function listed(db: Db, rows: readonly Row[]): Promise<ListedActivity[]> {
  const customers = await simpleCustomers(
    db,
    rows.map(({ customer_id }) => customer_id),
  );
  return rows.map(({ data: text, customer_id, created_at, id, type, group_id }) => {
    const { data, event_source } = JSON.parse(text) as Kept;
    const told = { data: { customer: customers(customer_id), ...data }, event_source };
    return { id, type, created_at: shown(created_at), group_id, data: told };
  });
}
