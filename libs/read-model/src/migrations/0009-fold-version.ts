import type { Kysely, Migration } from 'kysely';
import type { Words } from '#database';

/** The fold that made the rows of a generation, and how far the history had been taken in before they were rebuilt. */
export const foldVersion = (words: Words): Migration => ({
  async up(db: Kysely<unknown>): Promise<void> {
    const version = db.schema.alterTable('generations');
    await version.addColumn('fold_version', 'integer', (column) => column.notNull().defaultTo(1)).execute();
    await db.schema.alterTable('generations').addColumn('renewed_to', words.text).execute();
  },
});
