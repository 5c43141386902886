import { type Kysely, type Migration, sql } from 'kysely';
import { createLeaseTables, type Words } from '#database';

/** Followers of the history share their work by shards, each with a lease and its own checkpoint. */
export const shards = (words: Words): Migration => ({
  async up(db: Kysely<unknown>): Promise<void> {
    await createLeaseTables(db, words);
    await takeOver(db);
    await db.schema.dropTable('checkpoints').execute();
  },
});

/** Moves the checkpoint of each follower to a single shard. */
async function takeOver(db: Kysely<unknown>): Promise<void> {
  const work = sql`case when name = 'customers' then 'projector' else name end`;
  await sql`insert into layouts (work, shards) select ${work}, 1 from checkpoints`.execute(db);
  await sql`insert into shards (work, shard, shards, token, lease_until_ms, position, store_id)
    select ${work}, 0, 1, 0, 0, position, store_id from checkpoints`.execute(db);
}
