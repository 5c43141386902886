import { sql } from 'kysely';
import type { Words } from '../storage.js';

/** The SQL of SQLite. */
export const words: Words = {
  text: 'text',
  json: 'text',
  absentFirst: (column) => sql.ref(column),
  within: (column, path) => sql`json_extract(${sql.ref(column)}, ${sql.lit(`$.${path.join('.')}`)})`,
};

export const now_ms = sql<number>`cast(unixepoch('subsec') * 1000 as integer)`;
