import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Kysely, type Migration, Migrator, sql } from 'kysely';
import { start } from '../migrations/0001-start.js';
import { shards } from '../migrations/0002-shards.js';
import { generations } from '../migrations/0003-generations.js';
import { PROJECTOR } from '../projector.js';
import { ReadModel } from '../read-model.js';
import { BOUND, tableOf } from '../rebuild/generation.js';
import type { Tables } from '../schema.js';
import type { Words } from '../storage.js';
import { sqliteStorage } from './storage.js';

test('a read model from before the shards goes on where it was', async () => {
  const { file, db } = await tablesAsOf({ '0001-start': start });
  await sql`insert into checkpoints (name, position, store_id) values ('customers', '41', 's'), ('destroy-key', '7', 's')`.execute(
    db,
  );
  await db.destroy();

  const model = await ReadModel.open({ file });
  expect(await model.reached(PROJECTOR)).toEqual({ position: 41n, newest: 41n, store_id: 's' });
  expect((await model.reached('destroy-key'))?.position).toBe(7n);
  const leases = model.leases({ work: PROJECTOR, instance: 'embedded', shards: 4 });
  expect((await leases.tick()).map(({ checkpoint }) => checkpoint?.position)).toEqual([41n, 41n, 41n, 41n]);
  await model.close();
});

test('orders and redemptions from before they were listed are found as well', async () => {
  const { file, db } = await tablesAsOf({
    '0001-start': start,
    '0002-shards': shards,
    '0003-generations': generations,
  });
  const at = '2024-01-01T00:00:00.000Z';
  const order = { values: { source_id: 's1' }, times: { source_id: at }, first_at: at, last_at: at };
  const values = { result: 'SUCCESS', order: { id: 'o7' }, voucher: { id: 'v1', code: 'C1', campaign: 'One' } };
  const redemption = { redemption: { values, times: { result: at } }, rollbacks: {} };
  for (let n = 0; n < 1_200; n++) {
    const customer = `cust_${n % 7}`;
    await sql`insert into orders (customer_id, order_id, is_counted, created_at, data)
      values (${customer}, ${`o${n}`}, 0, ${at}, ${JSON.stringify(order)})`.execute(db);
    await sql`insert into redemptions (customer_id, redemption_id, result, data)
      values (${customer}, ${`r${n}`}, 'SUCCESS', ${JSON.stringify(redemption)})`.execute(db);
  }
  await db.destroy();

  const model = await ReadModel.open({ file });
  expect(await model.orderKey('s1')).toBeDefined();
  expect((await model.orders({ starting_after: '2200-01-01' })).total).toBe(1_200);
  const unfilled = await model.db.selectFrom('orders').selectAll().where('source_id', 'is', null).execute();
  expect(unfilled).toEqual([]);
  for (const filter of [{}, { voucher: 'C1' }, { voucher: 'v1' }, { campaign: 'One' }])
    expect((await model.redemptions(filter)).total).toBe(1_200);
  expect(await model.order('o7')).toMatchObject({ redemptions: expect.objectContaining({ r0: expect.anything() }) });
  await model.close();
});

test('generations of the tables of before are given up, and a rebuild that was under way begins anew', async () => {
  const { file, db } = await tablesAsOf({
    '0001-start': start,
    '0002-shards': shards,
    '0003-generations': generations,
  });
  for (const generation of ['next', 'former'] as const) {
    for (const table of BOUND)
      await sql`create table ${sql.table(tableOf(generation, table))} as select * from ${sql.table(table)}`.execute(db);
    await db.insertInto('generations').values({ name: generation, number: generation.length, position: '9' }).execute();
  }
  await sql`insert into rebuilds (id, kind, state, wish, is_open, created_at, events, working_ms, position)
    values ('r', 'rebuild', 'switching', 'run', 1, '2026-01-01T00:00:00.000Z', 7, 8, '9')`.execute(db);
  await db.destroy();

  const model = await ReadModel.open({ file });
  const tables = (await model.db.introspection.getTables()).map(({ name }) => name);
  expect(tables.filter((name) => /^(next|former)_/.test(name))).toEqual([]);
  expect(await model.db.selectFrom('generations').select('name').execute()).toEqual([{ name: 'live' }]);
  expect(await model.rebuilds.find('r')).toMatchObject({ state: 'waiting', is_open: true, events: 0, position: null });
  await model.close();
});

/** A read model that was made by a former version. */
async function tablesAsOf(former: Readonly<Record<string, (words: Words) => Migration>>) {
  const file = join(await mkdtemp(join(tmpdir(), 'read-model-')), 'read.db');
  const { dialect, words } = sqliteStorage({ file });
  const db = new Kysely<Tables>({ dialect });
  const migrations = Object.fromEntries(Object.entries(former).map(([name, make]) => [name, make(words)]));
  const provider = { getMigrations: () => Promise.resolve(migrations) };
  expect((await new Migrator({ db, provider }).migrateToLatest()).error).toBeUndefined();
  return { file, db };
}
