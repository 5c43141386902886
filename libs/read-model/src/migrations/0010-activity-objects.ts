import { type Kysely, type Migration, sql } from 'kysely';
import type { Words } from '#database';
import { dropOthers } from './0004-orders.js';

/** An index of activity entries by object, because a late fact changes the entries of its neighbours. */
export const activityObjects = (words: Words): Migration => ({
  async up(db: Kysely<unknown>): Promise<void> {
    await dropOthers(db);
    await activityColumns(db, words);
    for (const index of activityIndexes(db)) await index();
  },
});

/** The columns that this adds to the tables of a generation. */
export async function activityColumns(db: Kysely<unknown>, words: Words): Promise<void> {
  await db.schema.alterTable('activities').addColumn('object', words.text).execute();
  await db.schema
    .alterTable('activities')
    .addColumn('is_shown', 'integer', (column) => column.notNull().defaultTo(1))
    .execute();
}

/** The indexes that this adds to a generation; existing ones stay. */
export const activityIndexes = (db: Kysely<unknown>): (() => Promise<void>)[] => [
  () =>
    db.schema
      .createIndex('activities_by_object')
      .ifNotExists()
      .on('activities')
      .columns(['customer_id', 'object', 'created_at'])
      .where(sql<boolean>`object is not null`)
      .execute(),
];
