import { type Kysely, type Migration, sql } from 'kysely';
import type { Words } from '#database';

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

export const start = (words: Words): Migration => ({
  async up(db: Kysely<unknown>): Promise<void> {
    await tables(db, words);
    for (const index of indexes(db, words)) await index();
    await checkpoints(db, words);
  },
});

/** The tables of a generation of the read model. */
export async function tables(db: Kysely<unknown>, words: Words): Promise<void> {
  await customers(db, words);
  await entities(db, words);
  await activities(db, words);
  await parked(db, words);
  await counters(db, words);
}

/** Its indexes besides the keys, one at a time; existing ones stay. */
export const indexes = (db: Kysely<unknown>, words: Words): (() => Promise<void>)[] => [
  ...Object.entries(LIST_INDEXES).map(([name, columns]) => () => {
    const index = db.schema.createIndex(`customers_by_${name}`).ifNotExists().on('customers').where(LISTED);
    return columns
      .reduce((made, column) => made.expression(column === 'id' ? sql.ref(column) : words.absentFirst(column)), index)
      .execute();
  }),
  () =>
    db.schema
      .createIndex('orders_by_last')
      .ifNotExists()
      .on('orders')
      .columns(['customer_id', 'created_at', 'order_id'])
      .where(sql<boolean>`is_counted = 1`)
      .execute(),
];

async function customers(db: Kysely<unknown>, words: Words): Promise<void> {
  await db.schema
    .createTable('customers')
    .addColumn('id', words.text, (column) => column.primaryKey().notNull())
    .addColumn('status', words.text, (column) => column.notNull())
    .addColumn('source_id', words.text)
    .addColumn('email_key', words.text)
    .addColumn('name_key', words.text)
    .addColumn('city_key', words.text)
    .addColumn('created_at', words.text)
    .addColumn('changed_at', words.text)
    .addColumn('revision', 'integer', (column) => column.notNull())
    .addColumn('position', words.text, (column) => column.notNull())
    .addColumn('head', words.json, (column) => column.notNull())
    .addColumn('document', words.json)
    .execute();
}

async function entities(db: Kysely<unknown>, words: Words): Promise<void> {
  await db.schema
    .createTable('orders')
    .addColumn('customer_id', words.text, (column) => column.notNull())
    .addColumn('order_id', words.text, (column) => column.notNull())
    .addColumn('status', words.text)
    .addColumn('amount', 'bigint')
    .addColumn('is_counted', 'integer', (column) => column.notNull())
    .addColumn('created_at', words.text, (column) => column.notNull())
    .addColumn('data', words.json, (column) => column.notNull())
    .addPrimaryKeyConstraint('orders_key', ['customer_id', 'order_id'])
    .execute();
  await db.schema
    .createTable('redemptions')
    .addColumn('customer_id', words.text, (column) => column.notNull())
    .addColumn('redemption_id', words.text, (column) => column.notNull())
    .addColumn('result', words.text)
    .addColumn('created_at', words.text)
    .addColumn('data', words.json, (column) => column.notNull())
    .addPrimaryKeyConstraint('redemptions_key', ['customer_id', 'redemption_id'])
    .execute();
  await db.schema
    .createTable('entities')
    .addColumn('customer_id', words.text, (column) => column.notNull())
    .addColumn('kind', words.text, (column) => column.notNull())
    .addColumn('entity_id', words.text, (column) => column.notNull())
    .addColumn('data', words.json, (column) => column.notNull())
    .addPrimaryKeyConstraint('entities_key', ['customer_id', 'kind', 'entity_id'])
    .execute();
}

async function activities(db: Kysely<unknown>, words: Words): Promise<void> {
  await db.schema
    .createTable('activities')
    .addColumn('id', words.text, (column) => column.notNull())
    .addColumn('customer_id', words.text, (column) => column.notNull())
    .addColumn('created_at', words.text, (column) => column.notNull())
    .addColumn('ordinal', 'bigint', (column) => column.notNull())
    .addColumn('type', words.text, (column) => column.notNull())
    .addColumn('category', words.text, (column) => column.notNull())
    .addColumn('campaign_id', words.text)
    .addColumn('campaign_type', words.text)
    .addColumn('group_id', words.text, (column) => column.notNull())
    .addColumn('data', words.json, (column) => column.notNull())
    // the order of the list; the id is in it so that a cursor is found among a customer's keys, without an index of its own
    .addPrimaryKeyConstraint('activities_key', ['customer_id', 'created_at', 'ordinal', 'id'])
    .execute();
}

async function parked(db: Kysely<unknown>, words: Words): Promise<void> {
  await db.schema
    .createTable('parked')
    .addColumn('customer_id', words.text, (column) => column.primaryKey().notNull())
    .addColumn('position', words.text, (column) => column.notNull())
    .addColumn('skipped_to', words.text, (column) => column.notNull())
    .addColumn('error', words.text, (column) => column.notNull())
    .execute();
}

async function counters(db: Kysely<unknown>, words: Words): Promise<void> {
  await db.schema
    .createTable('counters')
    .addColumn('name', words.text, (column) => column.primaryKey().notNull())
    .addColumn('value', 'bigint', (column) => column.notNull())
    .execute();
  const into = sql`insert into ${sql.table('counters')} (name, value)`;
  await sql`${into} values ('customers_active', 0), ('purge_due', 0)`.execute(db);
}

async function checkpoints(db: Kysely<unknown>, words: Words): Promise<void> {
  await db.schema
    .createTable('checkpoints')
    .addColumn('name', words.text, (column) => column.primaryKey().notNull())
    .addColumn('position', words.text, (column) => column.notNull())
    .addColumn('store_id', words.text, (column) => column.notNull())
    .execute();
}
