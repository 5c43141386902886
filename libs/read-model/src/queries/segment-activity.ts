import { type RawBuilder, sql } from 'kysely';
import { UnknownCursor, type Words } from '#database';
import { isFlip, segmentOf } from '../migrations/0008-flips.js';
import type { Tables } from '../schema.js';
import { type ActivityFilter, activityPage, type ActivityPage, isShown } from './activity.js';
import type { Db } from '../statements.js';

type Row = Pick<Tables['activities'], 'id' | 'customer_id' | 'type' | 'created_at' | 'group_id' | 'data'>;
const LIMIT = 10;

export type SegmentActivityFilter = Pick<ActivityFilter, 'limit' | 'order' | 'starting_after_id'>;

/** Lists the entries and exits of a segment; like other activity they go with the customer. Throws UnknownCursor. */
export async function listSegmentActivity(
  db: Db,
  words: Words,
  segment_id: string,
  { limit = LIMIT, order = '-created_at', starting_after_id }: SegmentActivityFilter,
): Promise<ActivityPage> {
  const direction = order === 'created_at' ? sql`asc` : sql`desc`;
  const changes = sql`from activities where ${isFlip} and ${isShown} and ${segmentOf(words)} = ${segment_id}`;
  const past = starting_after_id === undefined ? sql`` : await beyond(db, changes, order, starting_after_id);
  const { rows } = await sql<Row>`select id, customer_id, type, created_at, group_id, data ${changes} ${past}
    order by created_at ${direction}, id ${direction} limit ${limit + 1}`.execute(db);
  return activityPage(db, rows, limit);
}

/** The condition for rows after the cursor, in the order of time and id. */
async function beyond(
  db: Db,
  changes: RawBuilder<unknown>,
  order: string,
  cursor: string,
): Promise<RawBuilder<unknown>> {
  const found = await sql<{ created_at: string }>`select created_at ${changes} and id = ${cursor}`.execute(db);
  const at = found.rows[0]?.created_at;
  if (at === undefined) throw new UnknownCursor(cursor);
  return sql`and (created_at, id) ${order === 'created_at' ? sql`>` : sql`<`} (${at}, ${cursor})`;
}
