import { type Kysely, type Migration, sql } from 'kysely';
import type { Words } from '../storage.js';

/** Followers of the history share their work by shards, each with a lease and its own checkpoint. */
export const shards = (words: Words): Migration => ({
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('layouts')
      .addColumn('work', words.text, (column) => column.primaryKey().notNull())
      .addColumn('shards', 'integer', (column) => column.notNull())
      .execute();
    await db.schema
      .createTable('shards')
      .addColumn('work', words.text, (column) => column.notNull())
      .addColumn('shard', 'integer', (column) => column.notNull())
      .addColumn('shards', 'integer', (column) => column.notNull())
      .addColumn('formerly', 'integer')
      .addColumn('owner', words.text)
      .addColumn('token', 'bigint', (column) => column.notNull())
      .addColumn('lease_until_ms', 'bigint', (column) => column.notNull())
      .addColumn('position', words.text)
      .addColumn('store_id', words.text)
      .addPrimaryKeyConstraint('shards_key', ['work', 'shard'])
      .execute();
    await db.schema
      .createTable('members')
      .addColumn('work', words.text, (column) => column.notNull())
      .addColumn('instance', words.text, (column) => column.notNull())
      .addColumn('seen_until_ms', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('members_key', ['work', 'instance'])
      .execute();
    await takeOver(db);
    await db.schema.dropTable('checkpoints').execute();
  },
});

/** What a single follower had reached goes on as its only shard. */
async function takeOver(db: Kysely<unknown>): Promise<void> {
  const work = sql`case when name = 'customers' then 'projector' else name end`;
  await sql`insert into layouts (work, shards) select ${work}, 1 from checkpoints`.execute(db);
  await sql`insert into shards (work, shard, shards, token, lease_until_ms, position, store_id)
    select ${work}, 0, 1, 0, 0, position, store_id from checkpoints`.execute(db);
}
