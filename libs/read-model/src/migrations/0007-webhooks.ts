import { type Kysely, type Migration, sql } from 'kysely';
import type { Words } from '#database';

/** Webhooks and their deliveries. */
export const webhooks = (words: Words): Migration => ({
  async up(db: Kysely<unknown>): Promise<void> {
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
    await deliveries(db, words);
  },
});

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
  const index = (name: string, columns: string[]) =>
    db.schema.createIndex(`webhook_deliveries_by_${name}`).on('webhook_deliveries').columns(columns);
  await index('place', ['webhook_id', 'place']).execute();
  const waiting = sql<boolean>`state = 'waiting'`;
  await index('due', ['webhook_id', 'due_at', 'place']).where(waiting).execute();
  await index('customer', ['customer_id']).where(waiting).execute();
}
