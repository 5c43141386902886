import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Kysely, type Migration, Migrator, sql } from 'kysely';
import { FOLD_VERSION } from '#customer';
import { migrate, openStorage, type Words } from '#database';
import { migrations } from '../migrations/index.js';
import { start } from '../migrations/0001-start.js';
import { shards } from '../migrations/0002-shards.js';
import { generations } from '../migrations/0003-generations.js';
import { PROJECTOR } from '../projecting/work.js';
import { ReadModel } from '../read-model.js';
import { BOUND, tableOf } from '../generation.js';
import type { Tables } from '../schema.js';

test('a read model without shards: followers continue at their checkpoints, except that rows are rebuilt', async () => {
  const { file, db } = await tablesAsOf({ '0001-start': start });
  await sql`insert into checkpoints (name, position, store_id) values ('customers', '41', 's'), ('destroy-key', '7', 's')`.execute(
    db,
  );
  await db.destroy();

  const model = await ReadModel.open({ file });
  expect(model.renewal).toEqual({ from: 1, to: FOLD_VERSION });
  expect([await model.reached(PROJECTOR), await model.renewedTo()]).toEqual([undefined, 41n]);
  expect((await model.reached('destroy-key'))?.position).toBe(7n);
  const leases = model.leases({ work: 'destroy-key', instance: 'embedded', shards: 4 });
  expect((await leases.tick()).map(({ checkpoint }) => checkpoint?.position)).toEqual([7n, 7n, 7n, 7n]);
  await model.close();
});

test('orders and redemptions stored before they were listed are found as well', async () => {
  const { db, storage } = await tablesAsOf({
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

  await migrate(db, storage, migrations(storage.words));
  expect(await db.selectFrom('orders').selectAll().where('source_id', 'is', null).execute()).toEqual([]);
  expect(await db.selectFrom('orders').selectAll().where('source_id', '=', 's1').execute()).toHaveLength(1_200);
  const filled = { order_id: 'o7', voucher_id: 'v1', voucher_code: 'C1', campaign: 'One', created_at: at };
  const columns = ['order_id', 'voucher_id', 'voucher_code', 'campaign', 'created_at'] as const;
  expect(await db.selectFrom('redemptions').select(columns).distinct().execute()).toEqual([filled]);
  await db.destroy();
});

test('generations with the former tables are dropped, and a rebuild under way starts over', async () => {
  const { file, db } = await tablesAsOf({
    '0001-start': start,
    '0002-shards': shards,
    '0003-generations': generations,
  });
  for (const generation of ['next', 'former'] as const) {
    for (const table of BOUND)
      await sql`create table ${sql.table(tableOf(generation, table))} as select * from ${sql.table(table)}`.execute(db);
    await sql`insert into generations (name, number, position) values (${generation}, ${generation.length}, '9')`.execute(
      db,
    );
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

/** A read model made by a former version. */
async function tablesAsOf(former: Readonly<Record<string, (words: Words) => Migration>>) {
  const file = join(await mkdtemp(join(tmpdir(), 'read-model-')), 'read.db');
  const storage = openStorage({ file }, { personal: [], isRebuildable: true });
  const { dialect, words } = storage;
  const db = new Kysely<Tables>({ dialect });
  const migrations = Object.fromEntries(Object.entries(former).map(([name, make]) => [name, make(words)]));
  const provider = { getMigrations: () => Promise.resolve(migrations) };
  expect((await new Migrator({ db, provider }).migrateToLatest()).error).toBeUndefined();
  return { file, db, storage };
}
