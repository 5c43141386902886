import { type PostgresOptions, postgresStorage } from './postgres/storage.js';
import type { SqliteOptions } from './sqlite/driver.js';
import { sqliteStorage } from './sqlite/storage.js';
import type { Storage } from './storage.js';

/** A file that this process keeps, or a database that instances share. */
export type DatabaseOptions = (SqliteOptions | PostgresOptions) & {
  /** For queries only: the tables must be there already. */
  readonly readonly?: boolean;
};

/** `personal`: the tables in which rows about customers are deleted or changed. */
export function openStorage(options: DatabaseOptions, personal: readonly string[]): Storage {
  return 'file' in options ? sqliteStorage(options) : postgresStorage(options, personal);
}
