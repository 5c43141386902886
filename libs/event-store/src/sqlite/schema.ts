import { randomUUID } from 'node:crypto';

import Database from 'libsql';

export type Connection = Database.Database;
export type Synchronous = 'FULL' | 'OFF';

/** "CLev", so that another program's file is never mistaken for an event store. */
const APPLICATION_ID = 0x434c6576;
const VERSION = 1;

const tables = `
  CREATE TABLE streams (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    revision INTEGER NOT NULL DEFAULT -1,
    truncate_before INTEGER NOT NULL DEFAULT 0,
    deleted TEXT CHECK (deleted IN ('soft', 'hard'))
  );
  CREATE TABLE events (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    stream_id INTEGER NOT NULL REFERENCES streams (id),
    revision INTEGER NOT NULL,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    data TEXT NOT NULL,
    metadata TEXT NOT NULL,
    UNIQUE (stream_id, revision)
  );
  CREATE TABLE meta (identity TEXT NOT NULL);
`;

function numberOf(db: Connection, query: string): number {
  return Number(db.prepare(query).raw().all().flat()[0]);
}

/** Runs `work` in one write transaction, which rolls back when it throws. */
export function writing<T>(db: Connection, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** Throws when the file belongs to another program or to a newer version of this one. */
export function assertOurs(db: Connection, file: string): void {
  if (numberOf(db, 'PRAGMA application_id') !== APPLICATION_ID) throw new Error(`${file} is not an event store`);
  const version = numberOf(db, 'PRAGMA user_version');
  if (version > VERSION) {
    throw new Error(`${file} has schema version ${version}, but only versions up to ${VERSION} are understood`);
  }
}

/** Creates the tables in an empty file and does not touch an existing event store. */
export function prepareFile(db: Connection, file: string): void {
  writing(db, () => {
    const untouched =
      numberOf(db, 'PRAGMA application_id') === 0 && numberOf(db, 'SELECT count(*) FROM sqlite_schema') === 0;
    if (!untouched) return assertOurs(db, file);
    db.exec(tables);
    db.prepare('INSERT INTO meta (identity) VALUES (?)').run(randomUUID());
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${VERSION}`);
  });
}

/** Opens a connection with the settings that all connections of the store share. */
export function connect(file: string, synchronous: Synchronous = 'FULL'): Connection {
  const db = new Database(file);
  db.exec(`PRAGMA busy_timeout = 5000; PRAGMA synchronous = ${synchronous}`);
  return db;
}
