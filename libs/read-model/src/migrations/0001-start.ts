import { type Kysely, type Migration, sql } from 'kysely';

/** Lists show active customers only, so nothing else is in their indexes. */
const LISTED = sql<boolean>`status = 'active'`;
const LIST_INDEXES = {
  created: ['created_at', 'id'],
  changed: ['changed_at', 'id'],
  source: ['source_id', 'id'],
  email: ['email_key', 'created_at', 'id'],
  name: ['name_key', 'created_at', 'id'],
  city: ['city_key', 'created_at', 'id'],
};

export const start: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await customers(db);
    await entities(db);
    await activities(db);
    await bookkeeping(db);
  },
};

async function customers(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('customers')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('source_id', 'text')
    .addColumn('email_key', 'text')
    .addColumn('name_key', 'text')
    .addColumn('city_key', 'text')
    .addColumn('created_at', 'text')
    .addColumn('changed_at', 'text')
    .addColumn('revision', 'integer', (column) => column.notNull())
    .addColumn('position', 'text', (column) => column.notNull())
    .addColumn('head', 'text', (column) => column.notNull())
    .addColumn('document', 'text')
    .execute();
  for (const [name, columns] of Object.entries(LIST_INDEXES)) {
    await db.schema.createIndex(`customers_by_${name}`).on('customers').columns(columns).where(LISTED).execute();
  }
}

async function entities(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('orders')
    .addColumn('customer_id', 'text', (column) => column.notNull())
    .addColumn('order_id', 'text', (column) => column.notNull())
    .addColumn('status', 'text')
    .addColumn('amount', 'bigint')
    .addColumn('is_counted', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addColumn('data', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('orders_key', ['customer_id', 'order_id'])
    .execute();
  await db.schema
    .createIndex('orders_by_last')
    .on('orders')
    .columns(['customer_id', 'created_at', 'order_id'])
    .where(sql<boolean>`is_counted = 1`)
    .execute();
  await db.schema
    .createTable('redemptions')
    .addColumn('customer_id', 'text', (column) => column.notNull())
    .addColumn('redemption_id', 'text', (column) => column.notNull())
    .addColumn('result', 'text')
    .addColumn('created_at', 'text')
    .addColumn('data', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('redemptions_key', ['customer_id', 'redemption_id'])
    .execute();
  await db.schema
    .createTable('entities')
    .addColumn('customer_id', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('entity_id', 'text', (column) => column.notNull())
    .addColumn('data', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('entities_key', ['customer_id', 'kind', 'entity_id'])
    .execute();
}

async function activities(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('activities')
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('customer_id', 'text', (column) => column.notNull())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addColumn('ordinal', 'bigint', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('category', 'text', (column) => column.notNull())
    .addColumn('campaign_id', 'text')
    .addColumn('campaign_type', 'text')
    .addColumn('group_id', 'text', (column) => column.notNull())
    .addColumn('data', 'text', (column) => column.notNull())
    // the order of the list; the id is in it so that a cursor is found among a customer's keys, without an index of its own
    .addPrimaryKeyConstraint('activities_key', ['customer_id', 'created_at', 'ordinal', 'id'])
    .execute();
}

async function bookkeeping(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('checkpoints')
    .addColumn('name', 'text', (column) => column.primaryKey().notNull())
    .addColumn('position', 'text', (column) => column.notNull())
    .addColumn('store_id', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('parked')
    .addColumn('customer_id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('position', 'text', (column) => column.notNull())
    .addColumn('skipped_to', 'text', (column) => column.notNull())
    .addColumn('error', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('counters')
    .addColumn('name', 'text', (column) => column.primaryKey().notNull())
    .addColumn('value', 'bigint', (column) => column.notNull())
    .execute();
  await sql`insert into counters (name, value) values ('customers_active', 0), ('purge_due', 0)`.execute(db);
}
