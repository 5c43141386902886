import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { engineSuite } from '../../../../test/engines/engine.js';
import { isPostgresInstalled, startPostgres } from '../../../../test/engines/postgres.js';
import { keyStoreContract } from '../key-store.contract.js';
import { WrongMasterKey } from '../key-store.js';
import { PostgresKeyStore } from './key-store.js';

const master_key = randomBytes(32);

engineSuite('keys in PostgreSQL', 'TEST_DATABASE_URL', (url) => {
  const made: string[] = [];
  const newSchema = async (): Promise<string> => {
    const schema = `keys_${randomBytes(6).toString('hex')}`;
    await query(url, `create schema ${schema}`);
    made.push(schema);
    return schema;
  };
  afterAll(async () => {
    for (const schema of made) await query(url, `drop schema ${schema} cascade`);
  });

  keyStoreContract('postgres', async () => {
    const schema = await newSchema();
    const open = (): Promise<PostgresKeyStore> =>
      PostgresKeyStore.open({ url, schema, master_key, connections_max: 2 });
    return { store: await open(), reopen: open };
  });

  test('concurrent opens create it once', async () => {
    const schema = await newSchema();
    const all = await Promise.all(Array.from({ length: 4 }, () => PostgresKeyStore.open({ url, schema, master_key })));
    const indexes = await Promise.all(all.map((one) => one.index()));
    expect(new Set(indexes.map(String)).size).toBe(1);
    for (const one of all) await one.close();
  });

  test('they do not open under another master key, or under none', async () => {
    const schema = await newSchema();
    await (await PostgresKeyStore.open({ url, schema, master_key })).close();
    const other = PostgresKeyStore.open({ url, schema, master_key: randomBytes(32) });
    await expect(other).rejects.toThrow(WrongMasterKey);
    await expect(PostgresKeyStore.open({ url, schema, master_key: Buffer.alloc(0) })).rejects.toThrow('32 bytes');
  });

  test('stored keys are wrapped, and destroyed ones are zeros', async () => {
    const schema = await newSchema();
    const store = await PostgresKeyStore.open({ url, schema, master_key });
    const keys = await store.mint(40);
    const [gone = ''] = keys.keys();
    await store.destroy(gone);
    const rows = await query(url, `select key_id, wrapped from ${schema}.ledger_keys`);
    expect(rows).toHaveLength(40);
    for (const { key_id, wrapped } of rows as { key_id: string; wrapped: Buffer }[]) {
      expect(wrapped.includes(keys.get(key_id) as Buffer)).toBe(false);
      expect(wrapped.equals(Buffer.alloc(60))).toBe(key_id === gone);
    }
    await store.close();
  });

  const withOwnServer = isPostgresInstalled() ? test : test.skip; // house-rules: allowed where it is not installed
  withOwnServer(
    'no bytes of destroyed keys stay in the files of the tables, as they would after a plain VACUUM',
    async () => {
      const server = await startPostgres();
      if (!server) throw new Error('PostgreSQL is not installed');
      try {
        const store = await PostgresKeyStore.open({ url: server.url, master_key });
        await store.mint(6_000);
        const doomed = (await query(server.url, LAST_OF_PAGES)) as { key_id: string; wrapped: Buffer }[];
        const left = async (): Promise<number> => {
          await query(server.url, 'checkpoint');
          const files = contentOf(join(server.folder, 'base'));
          return doomed.filter(({ wrapped }) => files.includes(wrapped)).length;
        };
        expect(await left()).toBe(doomed.length);
        const zeros = "update ledger_keys set wrapped = decode(repeat('00', 60), 'hex') where key_id = any($1)";
        await query(server.url, zeros, [doomed.map(({ key_id }) => key_id)]);
        await query(server.url, 'vacuum ledger_keys');
        expect(await left()).toBeGreaterThan(0);
        for (const { key_id } of doomed) await store.destroy(key_id);
        expect(await left()).toBe(0);
        await store.close();
      } finally {
        await server.stop();
      }
    },
    60_000,
  );

  describe('beside a transaction that still sees the row', () => {
    test('destroying throws, the key is destroyed, and a later retry succeeds', async () => {
      const schema = await newSchema();
      const store = await PostgresKeyStore.open({ url, schema, master_key });
      const [id = ''] = (await store.mint(1)).keys();
      const reader = new pg.Client(url);
      await reader.connect();
      await reader.query('begin isolation level repeatable read');
      await reader.query('select 1 from pg_class limit 1');
      await expect(store.destroy(id)).rejects.toThrow('the key is destroyed, but');
      expect(await store.load([id])).toEqual(new Map([[id, 'destroyed']]));
      await reader.query('commit');
      await reader.end();
      await store.destroy(id);
      await store.close();
    });
  });
});

/** Rows at the end of the used part of a page: nothing overwrites their bytes when they are deleted. */
const LAST_OF_PAGES = `select distinct on (tableoid, (ctid::text::point)[0]) key_id, wrapped from ledger_keys
  order by tableoid, (ctid::text::point)[0], (ctid::text::point)[1] desc`;

function contentOf(folder: string): Buffer {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  return Buffer.concat(files.map((one) => readFileSync(join(one.parentPath, one.name))));
}

async function query(url: string, text: string, values: unknown[] = []): Promise<unknown[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(text, values)).rows as unknown[];
  } finally {
    await client.end();
  }
}
