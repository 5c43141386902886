import { setTimeout as sleep } from 'node:timers/promises';
import { CompiledQuery, type Dialect, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely';
import type { Storage } from '../storage.js';
import { now_ms, words } from './dialect.js';
import { type LibsqlConnection, LibsqlDriver, type SqliteOptions } from './driver.js';

const READERS_TRIES_MAX = 50;
const READERS_PAUSE_MS = 20;

/** SQLite takes schema changes back with the transaction, so a migration happens as a whole or not at all. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** The embedded default: one SQLite file. */
export function sqliteStorage(options: SqliteOptions): Storage {
  const driver = new LibsqlDriver(options);
  const dialect: Dialect = {
    createAdapter: () => new TransactionalAdapter(),
    createDriver: () => driver,
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
  return { dialect, now_ms, words, purge: () => driver.alone(purge) };
}

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
