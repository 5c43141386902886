import { type RawBuilder, sql } from 'kysely';
import type { Tables } from '../schema.js';
import { type ActivityFilter, activityPage, type ActivityPage, UnknownCursor } from './activity.js';
import type { Db } from './statements.js';

type Row = Pick<Tables['activities'], 'id' | 'customer_id' | 'type' | 'created_at' | 'group_id' | 'data'>;
const LIMIT = 10;

/** Who entered and left a segment; like other activity it is gone with the customer. Throws UnknownCursor. */
export async function listSegmentActivity(
  db: Db,
  segment_id: string,
  { limit = LIMIT, order = '-created_at', starting_after_id }: ActivityFilter,
): Promise<ActivityPage> {
  const direction = order === 'created_at' ? sql`asc` : sql`desc`;
  const flips = sql`from entities join activities on activities.customer_id = entities.customer_id
    where entities.kind = 'segment' and entities.entity_id = ${segment_id}
    and activities.type in ('customer.segment.entered', 'customer.segment.left')
    and cast(activities.data as text) like ${`%"${likely(segment_id)}"%`} escape '!'`;
  const past = starting_after_id === undefined ? sql`` : await beyond(db, flips, order, starting_after_id);
  const { rows } = await sql<Row>`select activities.id, activities.customer_id, activities.type, activities.created_at,
    activities.group_id, activities.data ${flips} ${past}
    order by activities.created_at ${direction}, activities.id ${direction} limit ${limit + 1}`.execute(db);
  return activityPage(db, rows, limit);
}

/** In the order of the list, which is that of times and, among equals, of ids. */
async function beyond(db: Db, flips: RawBuilder<unknown>, order: string, cursor: string): Promise<RawBuilder<unknown>> {
  const found = await sql<{ created_at: string }>`select activities.created_at ${flips}
    and activities.id = ${cursor}`.execute(db);
  const at = found.rows[0]?.created_at;
  if (at === undefined) throw new UnknownCursor(cursor);
  const past = order === 'created_at' ? sql`>` : sql`<`;
  return sql`and (activities.created_at ${past} ${at} or activities.created_at = ${at} and activities.id ${past} ${cursor})`;
}

const likely = (text: string): string => text.replace(/[!%_]/g, (sign) => `!${sign}`);
