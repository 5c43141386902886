import { type Kysely, type Migration, sql } from 'kysely';

const MOVED = ['job_parts', 'jobs', 'metadata_schemas', 'webhook_deliveries', 'webhooks'];

/** Jobs, schemas, webhooks and their leases have a database of their own, to which `libs/operations` moves the rows beforehand. */
export const operationsMoved = (): Migration => ({
  async up(db: Kysely<unknown>): Promise<void> {
    for (const table of MOVED) {
      const { rows } = await sql`select 1 from ${sql.table(table)} limit 1`.execute(db);
      // no rebuild could make them again
      if (rows.length > 0)
        throw new Error(`${table} has rows that were not moved: start the service, which moves them`);
      await db.schema.dropTable(table).execute();
    }
    for (const table of ['shards', 'layouts', 'members'])
      await sql`delete from ${sql.table(table)} where work in ('webhooks', 'webhook-sending')`.execute(db);
  },
});
