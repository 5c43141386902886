import Database from 'libsql';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { NewEvent } from '#event-store';
import { alternate, percent, perSecond, rate, report } from './measure.js';
import { type Scratch, withScratch } from './scratch.js';

const ONE_AT_A_TIME = 1_500;
const ROUNDS_OF_64 = 400;

const event = (): NewEvent => ({
  id: randomUUID(),
  type: 'Measured',
  data: { text: 'x'.repeat(300) },
  metadata: { text: 'y'.repeat(200) },
});

/** Durable appends against the same bytes written straight to SQLite with the same guarantees. */
export async function storeBench(): Promise<void> {
  await withScratch(async (scratch) => {
    const raw = rawSqlite(scratch.directory);
    const one = await alternate(3, {
      raw: () => raw(ONE_AT_A_TIME, 1),
      store: () => appends(scratch, ONE_AT_A_TIME, 1),
    });
    report(
      'durable appends, one at a time',
      rate(one.store, 'events/s'),
      `raw SQLite ${rate(one.raw, 'rows/s')}: ${percent(one.store, one.raw)}`,
    );
    const many = await alternate(3, {
      raw: () => raw(ROUNDS_OF_64, 64),
      store: () => appends(scratch, ROUNDS_OF_64, 64),
    });
    report(
      'durable appends, 64 at a time',
      rate(many.store, 'events/s'),
      `raw SQLite, 64 rows a commit ${rate(many.raw, 'rows/s')}: ${percent(many.store, many.raw)}`,
    );
  });
}

let streams = 0;

function appends({ store }: Scratch, rounds: number, concurrent: number): Promise<number> {
  return perSecond(rounds * concurrent, async () => {
    for (let round = 0; round < rounds; round++) {
      await Promise.all(
        Array.from({ length: concurrent }, () => store.append(`bench-${++streams}`, 'no-stream', [event()])),
      );
    }
  });
}

/** The least that the same promise takes: a table, an insert, `synchronous=FULL`. */
function rawSqlite(directory: string): (rounds: number, rows: number) => Promise<number> {
  const db = new Database(join(directory, 'raw.db'));
  db.exec('PRAGMA journal_mode=WAL');
  db.exec('PRAGMA synchronous=FULL');
  db.exec(
    'CREATE TABLE events(position INTEGER PRIMARY KEY AUTOINCREMENT, stream TEXT, id TEXT, type TEXT, data TEXT, metadata TEXT)',
  );
  const insert = db.prepare('INSERT INTO events(stream, id, type, data, metadata) VALUES (?, ?, ?, ?, ?)');
  return (rounds, rows) =>
    perSecond(rounds * rows, () => {
      for (let round = 0; round < rounds; round++) {
        db.exec('BEGIN IMMEDIATE');
        for (let row = 0; row < rows; row++) {
          const { id, type, data, metadata } = event();
          insert.run(`bench-${++streams}`, id, type, JSON.stringify(data), JSON.stringify(metadata));
        }
        db.exec('COMMIT');
      }
    });
}
