import { postgresStorage } from './postgres/storage.js';
import { sqliteStorage } from './sqlite/storage.js';
import type { Contents, DatabaseOptions, Storage } from './storage.js';

/** What the options name: a file, or a database by its URL. */
export function openStorage(options: DatabaseOptions, contents: Contents): Storage {
  return 'file' in options ? sqliteStorage(options, contents) : postgresStorage(options, contents);
}
