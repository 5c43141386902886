import { type Kysely, type Migration, sql } from 'kysely';
import type { Words } from '#database';
import { dropOthers } from './0004-orders.js';

/** Entries of activity are found by what they are about, because a late fact changes what its neighbours tell. */
export const activityObjects = (words: Words): Migration => ({
  async up(db: Kysely<unknown>): Promise<void> {
    await dropOthers(db);
    await activityColumns(db, words);
    for (const index of activityIndexes(db)) await index();
  },
});

/** What this adds to the tables of a generation. */
export async function activityColumns(db: Kysely<unknown>, words: Words): Promise<void> {
  await db.schema.alterTable('activities').addColumn('object', words.text).execute();
  await db.schema
    .alterTable('activities')
    .addColumn('is_shown', 'integer', (column) => column.notNull().defaultTo(1))
    .execute();
}

/** And to its indexes; what is there already is left alone. */
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
