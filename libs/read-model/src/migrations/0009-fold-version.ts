import type { Kysely, Migration } from 'kysely';
import type { Words } from '#database';

/** The fold version of a generation's rows, and the position that was projected before they were rebuilt. */
export const foldVersion = (words: Words): Migration => ({
  async up(db: Kysely<unknown>): Promise<void> {
    const version = db.schema.alterTable('generations');
    await version.addColumn('fold_version', 'integer', (column) => column.notNull().defaultTo(1)).execute();
    await db.schema.alterTable('generations').addColumn('renewed_to', words.text).execute();
  },
});
