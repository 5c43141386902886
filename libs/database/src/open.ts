import { postgresStorage } from './postgres/storage.js';
import { sqliteStorage } from './sqlite/storage.js';
import type { Contents, DatabaseOptions, Storage } from './storage.js';

/** Opens the storage that the options name: a SQLite file, or a PostgreSQL database by its URL. */
export function openStorage(options: DatabaseOptions, contents: Contents): Storage {
  return 'file' in options ? sqliteStorage(options, contents) : postgresStorage(options, contents);
}
