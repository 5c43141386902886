import type { Kysely, Migration } from 'kysely';
import { dropGeneration } from '../rebuild/generation.js';
import type { Tables } from '../schema.js';
import { indexes } from './0001-start.js';
import type { Words } from '../storage.js';

/** When which segment has to look at which customer again, how far new segments have come, and an index of members. */
export const segmentLooks = (words: Words): Migration => ({
  async up(untyped: Kysely<unknown>): Promise<void> {
    await untyped.schema
      .createTable('segment_looks')
      .addColumn('customer_id', words.text, (column) => column.notNull())
      .addColumn('segment_id', words.text, (column) => column.notNull())
      .addColumn('due_at', words.text, (column) => column.notNull())
      .addColumn('turn', 'integer', (column) => column.notNull())
      .addPrimaryKeyConstraint('segment_looks_key', ['customer_id', 'segment_id'])
      .execute();
    await untyped.schema.createIndex('segment_looks_by_due').on('segment_looks').column('due_at').execute();
    await untyped.schema
      .createTable('segment_fills')
      .addColumn('segment_id', words.text, (column) => column.primaryKey().notNull())
      .addColumn('cursor', words.text, (column) => column.notNull())
      .addColumn('customers', 'bigint', (column) => column.notNull())
      .addColumn('is_done', 'integer', (column) => column.notNull())
      .execute();
    for (const index of indexes(untyped, words)) await index();
    // other generations lack the index; who wants one builds it anew
    const db = untyped as Kysely<Tables>;
    for (const other of ['next', 'former'] as const) await dropGeneration(db, other);
    await db.updateTable('rebuilds').set({ state: 'cancelled', is_open: 0 }).where('is_open', '=', 1).execute();
  },
});
