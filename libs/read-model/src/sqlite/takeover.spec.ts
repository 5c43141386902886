import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Kysely, Migrator, sql } from 'kysely';
import { start } from '../migrations/0001-start.js';
import { PROJECTOR } from '../projector.js';
import { ReadModel } from '../read-model.js';
import { sqliteStorage } from './storage.js';

test('a read model from before the shards goes on where it was', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'read-model-')), 'read.db');
  const storage = sqliteStorage({ file });
  const db = new Kysely({ dialect: storage.dialect });
  const provider = { getMigrations: async () => ({ '0001-start': start(storage.words) }) };
  expect((await new Migrator({ db, provider }).migrateToLatest()).error).toBeUndefined();
  await sql`insert into checkpoints (name, position, store_id) values ('customers', '41', 's'), ('destroy-key', '7', 's')`.execute(
    db,
  );
  await db.destroy();

  const model = await ReadModel.open({ file });
  expect(await model.reached(PROJECTOR)).toEqual({ position: 41n, newest: 41n, store_id: 's' });
  expect((await model.reached('destroy-key'))?.position).toBe(7n);
  const leases = model.leases({ work: PROJECTOR, instance: 'embedded', shards: 4 });
  await leases.prepare();
  expect((await leases.tick()).map(({ checkpoint }) => checkpoint?.position)).toEqual([41n, 41n, 41n, 41n]);
  await model.close();
});
