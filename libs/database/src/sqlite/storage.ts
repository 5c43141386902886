import { existsSync } from 'node:fs';
import {
  CompiledQuery,
  type Dialect,
  type Kysely,
  type RawBuilder,
  sql,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { sleep } from '#flow';
import type { Contents, DatabaseOptions, SqliteOptions, Storage } from '../storage.js';
import { now_ms, words } from './dialect.js';
import { type LibsqlConnection, LibsqlDriver } from './driver.js';

const READERS_TRIES_MAX = 50;
const READERS_PAUSE_MS = 20;
const ROWS_DELETED_MAX = 10_000;

/** SQLite rolls schema changes back with the transaction, so a migration happens as a whole or not at all. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** The embedded default: one SQLite file. */
export function sqliteStorage(
  options: SqliteOptions & { readonly readonly?: boolean },
  { isRebuildable }: Contents,
): Storage {
  const driver = new LibsqlDriver({ ...options, isRebuildable });
  const dialect: Dialect = {
    createAdapter: () => new TransactionalAdapter(),
    createDriver: () => driver,
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
  return {
    ...{ name: 'sqlite', dialect, now_ms, words, empty, thinOut, beside, tablesIn },
    // each file has its own write-ahead log, and the logs are not committed together
    isAtomicBeside: false,
    purge: () => driver.alone(purge),
  };
}

const BESIDE = 'beside';

async function beside<T>(
  db: Kysely<T>,
  other: DatabaseOptions,
  work: (schema: string) => Promise<void>,
): Promise<void> {
  if (!('file' in other) || !existsSync(other.file)) return;
  await sql`attach database ${other.file} as ${sql.id(BESIDE)}`.execute(db);
  try {
    await work(BESIDE);
  } finally {
    await sql`detach database ${sql.id(BESIDE)}`.execute(db);
  }
}

const tablesIn = (schema: string): RawBuilder<{ readonly name: string }> =>
  sql`select name from ${sql.id(schema, 'sqlite_master')} where type = 'table'`;

const empty = (table: string): RawBuilder<unknown> => sql`delete from ${sql.table(table)}`;

/** Empties a table before its drop, which overwrites the remaining pages in one transaction while writers wait. */
const thinOut = (table: string): RawBuilder<unknown> => {
  const name = sql.table(table);
  return sql`delete from ${name} where rowid in (select rowid from ${name} limit ${sql.lit(ROWS_DELETED_MAX)})`;
};

/**
 * `secure_delete` overwrites what is deleted where it lies, but not the copies that stay behind in a page when its rows
 * move to another one. Only rewriting the file gets rid of those.
 */
async function purge(connection: LibsqlConnection): Promise<boolean> {
  await connection.executeQuery(CompiledQuery.raw('vacuum'));
  for (let tries = 0; tries < READERS_TRIES_MAX; tries++) {
    if (connection.pragma('wal_checkpoint(truncate)')['busy'] !== 1) return true;
    await sleep(READERS_PAUSE_MS);
  }
  return false;
}
