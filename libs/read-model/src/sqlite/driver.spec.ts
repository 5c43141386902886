import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ReadModel } from '../read-model.js';

let file: string;
let writer: ReadModel;
beforeEach(async () => {
  file = join(await mkdtemp(join(tmpdir(), 'read-model-')), 'read.db');
  writer = await ReadModel.open({ file });
});
afterEach(() => writer.close());

async function mark(model: ReadModel, seen_until_ms: number): Promise<void> {
  await model.db.insertInto('members').values({ work: 'w', instance: 'i', seen_until_ms }).execute();
}

test('whoever writes beside another writer waits, and readers and the thread do not', async () => {
  const second = await ReadModel.open({ file });
  let isSaved = false;
  let saving: Promise<void> | undefined;
  await writer.db.transaction().execute(async (tx) => {
    await tx.updateTable('counters').set({ value: 7 }).where('name', '=', 'customers_active').execute();
    saving = mark(second, 1).then(() => void (isSaved = true));
    await sleep(30);
    expect(isSaved).toBe(false);
  });
  await saving;
  expect(isSaved).toBe(true);
  expect((await second.customers({})).total).toBe(7);
  await second.close();
});

test('a list sees one state of the tables while they are written', async () => {
  const reader = await ReadModel.open({ file, readonly: true });
  await writer.db.transaction().execute(async (tx) => {
    await tx.updateTable('counters').set({ value: 7 }).where('name', '=', 'customers_active').execute();
    expect((await reader.customers({})).total).toBe(0);
  });
  expect((await reader.customers({})).total).toBe(7);
  await expect(mark(reader, 1)).rejects.toThrow(/readonly/);
  await reader.close();
});

test('flags, absent values and large numbers are bound as the tables have them', async () => {
  const values = {
    id: 'a',
    status: 'active',
    revision: 2 ** 40,
    position: '9007199254740993',
    head: '{}',
    source_id: undefined,
  };
  await writer.db
    .insertInto('customers')
    .values({ ...values, is: true } as never)
    .execute()
    .catch(() => undefined);
  await writer.db
    .insertInto('customers')
    .values(values as never)
    .execute();
  expect(await writer.db.selectFrom('customers').selectAll().execute()).toMatchObject([
    { revision: 2 ** 40, position: '9007199254740993', source_id: null },
  ]);
});

test('opening again finds what is there', async () => {
  await mark(writer, 2 ** 52);
  const again = await ReadModel.open({ file });
  expect(await again.db.selectFrom('members').select('seen_until_ms').execute()).toEqual([{ seen_until_ms: 2 ** 52 }]);
  await again.close();
});
