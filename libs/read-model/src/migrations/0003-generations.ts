import { type Kysely, type Migration, sql } from 'kysely';
import type { Words } from '#database';

/** Requested rebuilds, and the generations of the tables. */
export const generations = (words: Words): Migration => ({
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('rebuilds')
      .addColumn('id', words.text, (column) => column.primaryKey().notNull())
      .addColumn('kind', words.text, (column) => column.notNull())
      .addColumn('customer_id', words.text)
      .addColumn('state', words.text, (column) => column.notNull())
      .addColumn('wish', words.text, (column) => column.notNull())
      .addColumn('is_open', 'integer', (column) => column.notNull())
      .addColumn('created_at', words.text, (column) => column.notNull())
      .addColumn('started_at', words.text)
      .addColumn('ended_at', words.text)
      .addColumn('events', 'bigint', (column) => column.notNull())
      .addColumn('working_ms', 'bigint', (column) => column.notNull())
      .addColumn('position', words.text)
      .addColumn('target', words.text)
      .addColumn('error', words.text)
      .addColumn('report', words.json)
      .execute();
    // one at a time, across all instances
    await db.schema
      .createIndex('rebuilds_open')
      .unique()
      .on('rebuilds')
      .column('is_open')
      .where(sql<boolean>`is_open = 1`)
      .execute();
    await db.schema
      .createTable('generations')
      .addColumn('name', words.text, (column) => column.primaryKey().notNull())
      .addColumn('number', 'bigint', (column) => column.notNull())
      .addColumn('position', words.text)
      .execute();
    await sql`insert into generations (name, number) values ('live', 0)`.execute(db);
  },
});
