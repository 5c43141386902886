import { sql } from 'kysely';
import type { ActivityKey } from '#activity';
import type { ActivityRow } from './activity-row.js';
import type { RowsChanged } from './activity-rows.js';
import type { Work } from './projection.js';
import { type Db, insert, lookUp, perRow, remove, upsert } from '../statements.js';

const KEY = ['customer_id', 'created_at', 'ordinal', 'id'] as const;
const OTHERS = ['type', 'category', 'campaign_id', 'campaign_type', 'group_id', 'object', 'is_shown', 'data'] as const;
const COLUMNS = [...KEY, ...OTHERS] as const;

const add = insert('activities', COLUMNS);
const change = upsert('activities', KEY, COLUMNS);
const byObject = lookUp('activities', ['customer_id', 'object'], COLUMNS);
const byMoment = lookUp('activities', ['customer_id', 'object', 'created_at'], COLUMNS);
const removeAll = remove('activities', 'customer_id');
const removeRows = perRow<never>((db, count) => {
  const matches = KEY.map((column) => sql`${sql.ref(column)} = ${''}`);
  const rows = Array.from({ length: count }, () => sql`(${sql.join(matches, sql` and `)})`);
  return sql`delete from ${sql.table('activities')} where ${sql.join(rows, sql` or `)}`.compile(db);
});

/** Parses the ordinal, because some databases return large integers as text. */
const rowOf = (row: ActivityRow): ActivityRow => ({ ...row, ordinal: Number(row.ordinal) });

/** Loads the entries that a batch always reads, by customer and object. */
export async function loadRowsAhead(
  db: Db,
  works: readonly Work[],
): Promise<(customer: string, object: string) => readonly ActivityRow[]> {
  const wanted = works.flatMap(({ id, objects }) => objects.map((object) => [id, object]));
  const rows = new Map<string, ActivityRow[]>();
  for (const row of await byObject(db, wanted)) {
    const key = JSON.stringify([row.customer_id, row.object]);
    rows.set(key, [...(rows.get(key) ?? []), rowOf(row)]);
  }
  return (customer, object) => rows.get(JSON.stringify([customer, object])) ?? [];
}

export async function loadRowsOf(
  db: Db,
  customer: string,
  { object, created_at }: ActivityKey,
): Promise<ActivityRow[]> {
  const rows =
    created_at === undefined
      ? await byObject(db, [[customer, object]])
      : await byMoment(db, [[customer, object, created_at]]);
  return rows.map(rowOf);
}

/** Writes the changes of a batch to the entries. */
export async function saveActivities(db: Db, all: readonly RowsChanged[]): Promise<void> {
  const rowsOf = (part: keyof RowsChanged, columns: readonly (keyof ActivityRow)[]): unknown[][] =>
    all.flatMap((one) => one[part].map((row) => columns.map((column) => row[column])));
  await removeRows(db, rowsOf('removed', KEY));
  await add(db, rowsOf('added', COLUMNS));
  await change(db, rowsOf('changed', COLUMNS));
}

export const removeActivities = (db: Db, customers: readonly string[]): Promise<unknown> =>
  removeAll(
    db,
    customers.map((id) => [id]),
  );
