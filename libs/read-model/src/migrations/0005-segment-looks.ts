import { type Kysely, type Migration, sql } from 'kysely';
import type { Words } from '#database';
import { dropOthers } from './0004-orders.js';

/** Scheduled evaluations of segments, the progress of their backfills, and an index of members. */
export const segmentLooks = (words: Words): Migration => ({
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('segment_looks')
      .addColumn('customer_id', words.text, (column) => column.primaryKey().notNull())
      .addColumn('due_at', words.text, (column) => column.notNull())
      .addColumn('turn', 'integer', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('segment_looks_by_due').on('segment_looks').column('due_at').execute();
    await db.schema
      .createTable('segment_fills')
      .addColumn('segment_id', words.text, (column) => column.primaryKey().notNull())
      .addColumn('cursor', words.text, (column) => column.notNull())
      .addColumn('customers', 'bigint', (column) => column.notNull())
      .addColumn('done_at', words.text)
      .execute();
    for (const index of memberIndexes(db)) await index();
    await dropOthers(db);
  },
});

/** The indexes that this adds to a generation; existing ones stay. */
export const memberIndexes = (db: Kysely<unknown>): (() => Promise<void>)[] => [
  () =>
    db.schema
      .createIndex('entities_by_segment')
      .ifNotExists()
      .on('entities')
      .columns(['entity_id', 'customer_id'])
      .where(sql<boolean>`kind = 'segment'`)
      .execute(),
];
