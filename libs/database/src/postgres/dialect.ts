import { sql } from 'kysely';
import type { Words } from '../storage.js';

/** The SQL of PostgreSQL. */
export const words: Words = {
  // text sorts by code point, as everywhere else
  text: sql`text collate "C"`,
  json: 'jsonb',
  absentFirst: (column) => sql`${sql.ref(column)} nulls first`,
  within: (column, path) => sql`(${sql.ref(column)} #>> ${sql.lit(`{${path.join(',')}}`)})`,
};

/** The time of the statement, not of its transaction's beginning. */
export const now_ms = sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`;
