import { type Dialect, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely';
import type { Storage } from '../storage.js';
import { LibsqlDriver, type SqliteOptions } from './driver.js';

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
  return { dialect, purge: () => driver.truncateLog() };
}
