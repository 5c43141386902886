import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Database from 'libsql';

import { collect, followUntil, newEvent, newEvents } from '../event-store.contract.tools.js';
import { eventStoreContract } from '../event-store.contract.js';
import { StoreOverloaded } from '../event-store.js';
import { countsByTurn } from '../../../flow/src/turns.fixture.js';
import { WriterThread } from './writer-thread.js';
import { SqliteEventStore, type SqliteEventStoreOptions } from './event-store.js';

let folder: string;
let files = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'event-store-'));
});

afterAll(() => rm(folder, { recursive: true }));

function newFile(): string {
  files += 1;
  return join(folder, `${files}.db`);
}

async function using<T>(options: SqliteEventStoreOptions, work: (store: SqliteEventStore) => Promise<T>): Promise<T> {
  const store = await SqliteEventStore.open(options);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

function alter(file: string, sql: string): void {
  const db = new Database(file);
  db.exec(sql);
  db.close();
}

eventStoreContract('SqliteEventStore', async () => {
  const store = await SqliteEventStore.open({ file: newFile() });
  return { store, close: () => store.close() };
});

describe('SqliteEventStore', () => {
  test('keeps events and identity after reopening', async () => {
    const file = newFile();
    const first = await using({ file }, async (store) => {
      await store.append('s', 'no-stream', newEvents(3));
      return { events: await collect(store.readAll()), identity: await store.identity() };
    });
    await using({ file }, async (store) => {
      expect({ events: await collect(store.readAll()), identity: await store.identity() }).toEqual(first);
      expect((await store.append('s', 2, [newEvent()])).revision).toBe(3);
    });
    await using({ file: newFile() }, async (store) => expect(await store.identity()).not.toBe(first.identity));
  });

  test('refuses appends while the queue is full, and accepts them afterwards', async () => {
    await using({ file: newFile(), queue_events_max: 10 }, async (store) => {
      const accepted = [store.append('a', 'any', newEvents(6)), store.append('b', 'any', newEvents(4))];
      await expect(store.append('c', 'any', [newEvent()])).rejects.toBeInstanceOf(StoreOverloaded);
      await Promise.all(accepted);
      await store.append('c', 'no-stream', [newEvent()]);
      expect(await collect(store.readAll())).toHaveLength(11);
    });
  });

  test('a refused append does not affect others in its commit', async () => {
    await using({ file: newFile() }, async (store) => {
      const results = await Promise.allSettled([
        store.append('a', 'any', newEvents(2)),
        store.append('b', 5, newEvents(2)),
        store.append('c', 'any', newEvents(2)),
      ]);
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(await collect(store.readAll())).toHaveLength(4);
    });
  });

  test('answers many appends of one commit in several turns of the event loop', async () => {
    await using({ file: newFile() }, async (store) => {
      const counts = await countsByTurn((note) =>
        Promise.all(Array.from({ length: 500 }, (_, n) => store.append(`s-${n}`, 'any', newEvents(1)).then(note))),
      );
      expect(counts).toEqual(Array<number>(10).fill(50));
    });
  });

  test('takes appends larger than one commit', async () => {
    await using({ file: newFile() }, async (store) => {
      const sizes = [5000, 1, 1999, 2, 3000];
      const receipts = await Promise.all(
        sizes.map((size, index) => store.append(`s-${index}`, 'any', newEvents(size))),
      );
      expect(receipts.map(({ revision }) => revision + 1)).toEqual(sizes);
    });
  });

  test('two stores on one file neither lose nor overwrite, and see each other', async () => {
    const file = newFile();
    await using({ file }, (left) =>
      using({ file }, async (right) => {
        const following = followUntil(left, 0n, (events) => events.length >= 120);
        for (let round = 0; round < 60; round += 1) {
          await Promise.all([left.append('s', 'any', [newEvent()]), right.append('s', 'any', [newEvent()])]);
        }
        const { events } = await following;
        expect(events.map(({ revision }) => revision)).toEqual(Array.from({ length: 120 }, (_, index) => index));
      }),
    );
  });

  test('opened as readonly it reads and follows but does not write', async () => {
    const file = newFile();
    await expect(SqliteEventStore.open({ file, readonly: true })).rejects.toThrow('does not exist');
    await using({ file }, (writer) =>
      using({ file, readonly: true }, async (reader) => {
        const following = followUntil(reader, 0n, (events) => events.length >= 2);
        await writer.append('s', 'any', newEvents(2));
        expect((await following).events).toEqual(await collect(reader.read('s')));
        await expect(reader.append('s', 'any', [newEvent()])).rejects.toThrow('reading only');
        await expect(reader.delete('s', 'any')).rejects.toThrow('reading only');
      }),
    );
  });

  test('does not touch a foreign or newer file', async () => {
    const foreign = newFile();
    alter(foreign, 'CREATE TABLE notes (text)');
    await expect(SqliteEventStore.open({ file: foreign })).rejects.toThrow('is not an event store');
    const newer = newFile();
    await using({ file: newer }, async () => undefined);
    alter(newer, 'PRAGMA user_version = 99');
    await expect(SqliteEventStore.open({ file: newer })).rejects.toThrow('schema version 99');
  });

  test('an append that cannot be written fails with the reason', async () => {
    const file = newFile();
    await using({ file }, async (store) => {
      alter(file, "CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'disk is full'); END");
      await expect(store.append('s', 'any', [newEvent()])).rejects.toThrow('disk is full');
      alter(file, 'DROP TRIGGER full');
      expect((await store.append('s', 'no-stream', [newEvent()])).revision).toBe(0);
    });
  });

  test('an event without data fails alone', async () => {
    await using({ file: newFile() }, async (store) => {
      const bad = { ...newEvent(), data: undefined } as unknown as ReturnType<typeof newEvent>;
      const [good, refused] = await Promise.allSettled([
        store.append('a', 'any', [newEvent()]),
        store.append('b', 'any', [bad]),
      ]);
      expect([good.status, refused.status]).toEqual(['fulfilled', 'rejected']);
    });
  });

  test('after the end of the writer waiting and later requests are refused', async () => {
    const writer = new WriterThread({ file: folder, synchronous: 'FULL' }, 10);
    const request = { stream: 's', expected: 'any', write: [] } as const;
    await expect(writer.send(request)).rejects.toThrow('writer failed');
    await expect(writer.send(request)).rejects.toThrow('writer failed');
    await writer.close();
  });
});
