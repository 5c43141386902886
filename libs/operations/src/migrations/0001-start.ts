import { type Kysely, type Migration, sql } from 'kysely';
import { createLeaseTables, type Words } from '#database';

/** Jobs, metadata schemas, webhooks and their deliveries, and the leases of their followers. */
export const start = (words: Words): Migration => ({
  async up(db: Kysely<unknown>): Promise<void> {
    await jobs(db, words);
    await jobParts(db, words);
    await metadataSchemas(db, words);
    await webhooks(db, words);
    await deliveries(db, words);
    await deliveryIndexes(db);
    await createLeaseTables(db, words);
    await marks(db, words);
  },
});

async function jobs(db: Kysely<unknown>, words: Words): Promise<void> {
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
}

async function jobParts(db: Kysely<unknown>, words: Words): Promise<void> {
  await db.schema
    .createTable('job_parts')
    .addColumn('job_id', words.text, (column) => column.notNull())
    .addColumn('direction', words.text, (column) => column.notNull())
    .addColumn('number', 'bigint', (column) => column.notNull())
    .addColumn('text', words.text, (column) => column.notNull())
    .addPrimaryKeyConstraint('job_parts_key', ['job_id', 'direction', 'number'])
    .execute();
}

async function metadataSchemas(db: Kysely<unknown>, words: Words): Promise<void> {
  await db.schema
    .createTable('metadata_schemas')
    .addColumn('related_object', words.text, (column) => column.primaryKey().notNull())
    .addColumn('id', words.text, (column) => column.notNull())
    .addColumn('data', words.json, (column) => column.notNull())
    .addColumn('created_at', words.text, (column) => column.notNull())
    .addColumn('updated_at', words.text)
    .execute();
}

async function webhooks(db: Kysely<unknown>, words: Words): Promise<void> {
  await db.schema
    .createTable('webhooks')
    .addColumn('id', words.text, (column) => column.primaryKey().notNull())
    .addColumn('target_url', words.text, (column) => column.notNull())
    .addColumn('events', words.json, (column) => column.notNull())
    .addColumn('secret', words.text, (column) => column.notNull())
    .addColumn('is_active', 'integer', (column) => column.notNull())
    .addColumn('disabled_reason', words.text)
    .addColumn('disabled_at', words.text)
    .addColumn('since', words.text, (column) => column.notNull())
    .addColumn('created_at', words.text, (column) => column.notNull())
    .addColumn('updated_at', words.text)
    .execute();
}

async function deliveries(db: Kysely<unknown>, words: Words): Promise<void> {
  await db.schema
    .createTable('webhook_deliveries')
    .addColumn('id', words.text, (column) => column.primaryKey().notNull())
    .addColumn('webhook_id', words.text, (column) => column.notNull())
    .addColumn('news_id', words.text, (column) => column.notNull())
    .addColumn('type', words.text, (column) => column.notNull())
    .addColumn('customer_id', words.text, (column) => column.notNull())
    .addColumn('revision', 'integer', (column) => column.notNull())
    .addColumn('place', words.text, (column) => column.notNull())
    .addColumn('state', words.text, (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('created_at', words.text, (column) => column.notNull())
    .addColumn('due_at', words.text, (column) => column.notNull())
    .addColumn('first_at', words.text)
    .addColumn('last_at', words.text)
    .addColumn('status', 'integer')
    .addColumn('error', words.text)
    .addColumn('duration_ms', 'integer')
    .execute();
}

async function deliveryIndexes(db: Kysely<unknown>): Promise<void> {
  const index = (name: string, columns: string[]) =>
    db.schema.createIndex(`webhook_deliveries_by_${name}`).on('webhook_deliveries').columns(columns);
  await index('place', ['webhook_id', 'place']).execute();
  const waiting = sql<boolean>`state = 'waiting'`;
  await index('due', ['webhook_id', 'due_at', 'place']).where(waiting).execute();
  await index('customer', ['customer_id']).where(waiting).execute();
}

async function marks(db: Kysely<unknown>, words: Words): Promise<void> {
  await db.schema
    .createTable('marks')
    .addColumn('name', words.text, (column) => column.primaryKey().notNull())
    .addColumn('value', 'integer', (column) => column.notNull())
    .execute();
  await sql`insert into ${sql.table('marks')} (name, value) values ('purge_due', 0)`.execute(db);
}
