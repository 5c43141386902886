import { type Kysely, type Migration, sql } from 'kysely';
import type { Words } from '#database';

/** Jobs get fencing tokens; webhooks get leases of their own in place of the shards of `webhook-sending`. */
export const queue = (words: Words): Migration => ({
  async up(db: Kysely<unknown>): Promise<void> {
    const add = (table: string, name: string) =>
      db.schema.alterTable(table).addColumn(name, 'bigint', (column) => column.notNull().defaultTo(0));
    await add('jobs', 'token').execute();
    await db.schema.alterTable('webhooks').addColumn('owner', words.text).execute();
    await add('webhooks', 'token').execute();
    await add('webhooks', 'lease_until_ms').execute();
    // an instance of the former version that still runs finds no shard any more, and sends nothing
    for (const table of ['members', 'shards', 'layouts'])
      await sql`delete from ${sql.table(table)} where work = 'webhook-sending'`.execute(db);
  },
});
