import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Kysely, sql } from 'kysely';
import { openStorage } from '../open.js';

interface Tables {
  marks: { name: string; value: number | string | boolean | null | undefined };
}
type Db = Kysely<Tables>;

let file: string;
let writer: Db;
const open = (readonly = false): Db =>
  new Kysely<Tables>({ dialect: openStorage({ file, readonly }, { personal: [], isRebuildable: true }).dialect });
beforeEach(async () => {
  file = join(await mkdtemp(join(tmpdir(), 'database-')), 'some.db');
  writer = open();
  await sql`create table marks (name text primary key, value)`.execute(writer);
});
afterEach(() => writer.destroy());

const mark = (db: Db, name: string, value: Tables['marks']['value']): Promise<unknown> =>
  db.insertInto('marks').values({ name, value }).execute();
const marks = (db: Db) => db.selectFrom('marks').selectAll().orderBy('name').execute();

test('a writer beside another one waits, and readers and the thread do not', async () => {
  const second = open();
  let isSaved = false;
  let saving: Promise<void> | undefined;
  await writer.transaction().execute(async (tx) => {
    await mark(tx, 'a', 1);
    saving = mark(second, 'b', 2).then(() => void (isSaved = true));
    await sleep(30);
    expect(isSaved).toBe(false);
  });
  await saving;
  expect(isSaved).toBe(true);
  expect(await marks(second)).toHaveLength(2);
  await second.destroy();
});

test('a reader sees committed rows only, and cannot write', async () => {
  const reader = open(true);
  await writer.transaction().execute(async (tx) => {
    await mark(tx, 'a', 1);
    expect(await marks(reader)).toEqual([]);
  });
  expect(await marks(reader)).toEqual([{ name: 'a', value: 1 }]);
  await expect(mark(reader, 'b', 2)).rejects.toThrow(/readonly/);
  await reader.destroy();
});

test('flags, absent values and large numbers are bound as the tables have them', async () => {
  for (const [name, value] of [
    ['flag', true],
    ['absent', undefined],
    ['large', 2 ** 52],
  ] as const)
    await mark(writer, name, value);
  expect(await marks(writer)).toEqual([
    { name: 'absent', value: null },
    { name: 'flag', value: 1 },
    { name: 'large', value: 2 ** 52 },
  ]);
});

test('opening again finds the rows', async () => {
  await mark(writer, 'a', 1);
  const again = open();
  expect(await marks(again)).toEqual([{ name: 'a', value: 1 }]);
  await again.destroy();
});
