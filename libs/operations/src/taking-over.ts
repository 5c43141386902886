import { sql } from 'kysely';
import type { DatabaseOptions, Storage } from '#database';
import { FORGET_FILES } from './jobs/forgetting.js';
import type { Db, Tables } from './schema.js';
import { WEBHOOKS } from './webhooks/deliveries.js';

/** The tables and columns that the read model of version 0.1.0 held. */
const MOVED: {
  readonly [T in Exclude<keyof Tables, 'marks' | 'layouts' | 'shards' | 'members'>]: readonly (keyof Tables[T])[];
} = {
  jobs: [
    ...(['id', 'kind', 'type', 'state', 'app_id', 'request_id', 'created_at', 'updated_at', 'expires_at'] as const),
    ...([
      'rows_total',
      'rows_done',
      'rows_failed',
      'parts_done',
      'parameters',
      'progress',
      'owner',
      'lease_until_ms',
    ] as const),
  ],
  job_parts: ['job_id', 'direction', 'number', 'text'],
  metadata_schemas: ['id', 'related_object', 'data', 'created_at', 'updated_at'],
  webhooks: [
    ...(['id', 'target_url', 'events', 'secret', 'is_active', 'disabled_reason', 'disabled_at'] as const),
    ...(['since', 'created_at', 'updated_at'] as const),
  ],
  webhook_deliveries: [
    ...(['id', 'webhook_id', 'news_id', 'type', 'customer_id', 'revision', 'place', 'state', 'attempts'] as const),
    ...(['created_at', 'due_at', 'first_at', 'last_at', 'status', 'error', 'duration_ms'] as const),
  ],
};

/**
 * Moves the records that version 0.1.0 kept in the read model, once. A mark is committed with the copies, so the move
 * can be interrupted anywhere, and instances that start together wait for each other. The former tables stay empty
 * until a migration of the read model drops them.
 */
export async function takeOver(db: Db, storage: Storage, former: DatabaseOptions): Promise<void> {
  await storage.beside(db, former, async (schema) => {
    const { rows } = await storage.tablesIn(schema).execute(db);
    const there = Object.keys(MOVED).filter((table) => rows.some(({ name }) => name === table));
    if (there.length === 0) return;
    await db.transaction().execute(async (tx) => {
      if (!(await isFirst(tx))) return;
      for (const table of there) await copy(tx, schema, table as keyof typeof MOVED);
      await copyCheckpoint(tx, schema);
      await noteErasures(tx, schema);
      if (storage.isAtomicBeside) await empty(tx, schema, there);
    });
    // a start that was killed right here repeats this step
    if (!storage.isAtomicBeside) await empty(db, schema, there);
  });
}

async function isFirst(tx: Db): Promise<boolean> {
  const insert = tx.insertInto('marks').values({ name: 'taken_over', value: 1 });
  const { numInsertedOrUpdatedRows } = await insert.onConflict((found) => found.doNothing()).executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

async function copy(tx: Db, schema: string, table: keyof typeof MOVED): Promise<void> {
  const columns = sql.join(MOVED[table].map((column) => sql.ref(column)));
  await sql`insert into ${sql.table(table)} (${columns}) select ${columns} from ${sql.id(schema, table)}
    where true on conflict do nothing`.execute(tx);
}

/** Deliveries continue from the former checkpoint. */
async function copyCheckpoint(tx: Db, schema: string): Promise<void> {
  const work = sql.lit(WEBHOOKS);
  await sql`insert into layouts (work, shards) select work, shards from ${sql.id(schema, 'layouts')}
    where work = ${work} on conflict do nothing`.execute(tx);
  await sql`insert into shards (work, shard, shards, formerly, token, lease_until_ms, position, store_id)
    select work, shard, shards, formerly, token, 0, position, store_id from ${sql.id(schema, 'shards')}
    where work = ${work} on conflict do nothing`.execute(tx);
}

/** The former projector has deleted the files for all erasures up to its checkpoint; newer files stay. */
async function noteErasures(tx: Db, schema: string): Promise<void> {
  const shards = sql.id(schema, 'shards');
  const position = sql`coalesce(position, '0')`;
  const work = sql.lit(FORGET_FILES);
  await sql`insert into layouts (work, shards) values (${work}, 1) on conflict do nothing`.execute(tx);
  await sql`insert into shards (work, shard, shards, token, lease_until_ms, position, store_id)
    select ${work}, 0, 1, 0, 0, ${position}, (select max(store_id) from ${shards} where work like 'projector%')
    from ${shards} where work like 'projector%' order by length(${position}), ${position} limit 1
    on conflict do nothing`.execute(tx);
}

async function empty(db: Db, schema: string, tables: readonly string[]): Promise<void> {
  for (const table of tables) await sql`delete from ${sql.id(schema, table)}`.execute(db);
}
