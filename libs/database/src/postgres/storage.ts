import {
  type Dialect,
  type Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
  type TableMetadata,
} from 'kysely';
import { ConnectionPool, type PoolOptions } from '#event-store';
import type { Contents, DatabaseOptions, Storage } from '../storage.js';
import { now_ms, words } from './dialect.js';
import { PostgresDriver } from './driver.js';

/** Long, because migrations rewrite tables and wait for the migrations of other instances. */
const MIGRATION_MS_MAX = 3_600_000;
const PURGE_MS_MAX = 3_600_000;

/** A database that instances share. */
export function postgresStorage(options: PoolOptions, { personal }: Contents): Storage {
  const pool = new ConnectionPool(options);
  const { schema } = options;
  return {
    dialect: dialectOn(pool),
    now_ms,
    name: 'postgres',
    words,
    ...(schema !== undefined && { schema }),
    migrating: () =>
      dialectOn(new ConnectionPool({ ...options, connections_max: 1, statement_timeout_ms: MIGRATION_MS_MAX })),
    empty: (table) => sql`truncate ${sql.table(table)}`,
    locks: { within: (ms) => sql`set local lock_timeout = ${sql.lit(Math.trunc(ms))}`, isMissed },
    beside,
    isAtomicBeside: true,
    tablesIn: (name) => sql`select tablename as name from pg_tables where schemaname = ${name}`,
    purge: () => purge(pool, personal),
  };
}

/** Another schema of the same database; unless the options name it, its connections know its name. */
async function beside<T>(_: Kysely<T>, other: DatabaseOptions, work: (schema: string) => Promise<void>): Promise<void> {
  if ('file' in other) return;
  const pool = new ConnectionPool({ ...other, connections_max: 1 });
  try {
    const asked = await pool.use((client) => client.query<{ name: string | null }>('select current_schema() as name'));
    const name = asked.rows[0]?.name;
    if (name) await work(name);
  } finally {
    await pool.close();
  }
}

/** True for a lock timeout, or a deadlock that the server broke. */
const isMissed = (error: unknown): boolean =>
  ['55P03', '40P01'].includes(String((error as { code?: unknown } | null)?.code));

function dialectOn(pool: ConnectionPool): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new PostgresDriver(pool),
    createIntrospector: (db: Kysely<unknown>) => new TableNames(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}

/**
 * Lists tables without their columns, which is all that migrations need. Kysely's own query reads the columns of every
 * schema, and the server fails it when another session drops a table meanwhile, as the end of a rebuild does.
 */
class TableNames extends PostgresIntrospector {
  constructor(private readonly on: Kysely<unknown>) {
    super(on);
  }

  override async getTables(): Promise<TableMetadata[]> {
    const { rows } = await sql<{ schema: string; name: string }>`
      select schemaname as schema, tablename as name from pg_tables where schemaname = current_schema()`.execute(
      this.on,
    );
    return rows.map((table) => ({ ...table, isView: false, columns: [] }));
  }
}

/**
 * Frees the space of deleted rows and former versions. It does not overwrite them: they stay readable in the free part
 * of their page until other rows need it, and in the write-ahead log until that is recycled.
 */
async function purge(pool: ConnectionPool, personal: readonly string[]): Promise<boolean> {
  const there = `select tablename from pg_tables where schemaname = current_schema() and tablename = any($1)`;
  const { rows } = await pool.use((client) => client.query<{ tablename: string }>(there, [personal]));
  const tables = rows.map(({ tablename }) => tablename).join(', ');
  await pool.usePatiently(PURGE_MS_MAX, (run) => run(`vacuum ${tables}`));
  return true;
}
