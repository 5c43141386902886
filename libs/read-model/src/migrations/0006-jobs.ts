import { type Kysely, type Migration, sql } from 'kysely';
import type { Words } from '#database';

/** Asynchronous actions and exports, with their input and output; the metadata schemas of the project. */
export const jobs = (words: Words): Migration => ({
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('jobs')
      .addColumn('id', words.text, (column) => column.primaryKey().notNull())
      .addColumn('kind', words.text, (column) => column.notNull())
      .addColumn('type', words.text, (column) => column.notNull())
      .addColumn('state', words.text, (column) => column.notNull())
      .addColumn('app_id', words.text, (column) => column.notNull())
      .addColumn('request_id', words.text, (column) => column.notNull())
      .addColumn('created_at', words.text, (column) => column.notNull())
      .addColumn('updated_at', words.text, (column) => column.notNull())
      .addColumn('expires_at', words.text, (column) => column.notNull())
      .addColumn('rows_total', 'bigint', (column) => column.notNull())
      .addColumn('rows_done', 'bigint', (column) => column.notNull())
      .addColumn('rows_failed', 'bigint', (column) => column.notNull())
      .addColumn('parts_done', 'bigint', (column) => column.notNull())
      .addColumn('parameters', words.json, (column) => column.notNull())
      .addColumn('progress', words.json, (column) => column.notNull())
      .addColumn('owner', words.text)
      .addColumn('lease_until_ms', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('jobs_by_created').on('jobs').columns(['kind', 'created_at', 'id']).execute();
    await db.schema
      .createIndex('jobs_open')
      .on('jobs')
      .columns(['created_at', 'id'])
      .where(sql<boolean>`state = 'open'`)
      .execute();
    await db.schema
      .createTable('job_parts')
      .addColumn('job_id', words.text, (column) => column.notNull())
      .addColumn('direction', words.text, (column) => column.notNull())
      .addColumn('number', 'bigint', (column) => column.notNull())
      .addColumn('text', words.text, (column) => column.notNull())
      .addPrimaryKeyConstraint('job_parts_key', ['job_id', 'direction', 'number'])
      .execute();
    await db.schema
      .createTable('metadata_schemas')
      .addColumn('related_object', words.text, (column) => column.primaryKey().notNull())
      .addColumn('id', words.text, (column) => column.notNull())
      .addColumn('data', words.json, (column) => column.notNull())
      .addColumn('created_at', words.text, (column) => column.notNull())
      .addColumn('updated_at', words.text)
      .execute();
  },
});
