import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, test } from '@jest/globals';
import Database from 'libsql';
import { keyStoreContract } from '../key-store.contract.js';
import { WrongMasterKey } from '../key-store.js';
import { SqliteKeyStore } from './key-store.js';

const root = mkdtempSync(join(tmpdir(), 'key-store-'));
const master_key = randomBytes(32);
let files = 0;
const newFile = (): string => join(mkdtempSync(join(root, `${files++}-`)), 'keys.db');

afterAll(() => rmSync(root, { recursive: true }));

keyStoreContract('sqlite', async () => {
  const file = newFile();
  const open = (): Promise<SqliteKeyStore> => SqliteKeyStore.open({ file, master_key });
  return { store: await open(), reopen: open };
});

describe('keys in a file', () => {
  test('survive reopening, and are wrapped in the file', async () => {
    const file = newFile();
    const first = await SqliteKeyStore.open({ file, master_key });
    const keys = await first.mint(20);
    const index = await first.index();
    await first.close();
    const second = await SqliteKeyStore.open({ file, master_key });
    expect(await second.load(keys.keys())).toEqual(keys);
    await second.close();
    for (const key of [...keys.values(), index]) expect(isIn(file, key)).toBe(false);
  });

  test('do not open under another master key, or under none', async () => {
    const file = newFile();
    await (await SqliteKeyStore.open({ file, master_key })).close();
    const other = SqliteKeyStore.open({ file, master_key: randomBytes(32) });
    await expect(other).rejects.toThrow(WrongMasterKey);
    await expect(other).rejects.toThrow(file);
    await expect(SqliteKeyStore.open({ file, master_key: Buffer.alloc(0) })).rejects.toThrow('32 bytes');
  });

  test('leave no bytes in any file after destruction, among thousands of others', async () => {
    const file = newFile();
    const store = await SqliteKeyStore.open({ file, master_key });
    const reader = await SqliteKeyStore.open({ file, master_key });
    const ids: string[] = [];
    for (let round = 0; round < 20; round++) ids.push(...(await store.mint(150)).keys());
    await reader.load(ids);
    const wrapped = wrappedIn(file);
    expect(countIn(file, wrapped.values())).toBe(wrapped.size);
    const doomed = ids.filter((_id, index) => index % 23 === 0 || (index > 500 && index < 560));
    const remains = doomed.flatMap((id) => wrapped.get(id) ?? []);
    for (const id of doomed) await store.destroy(id);
    expect(countIn(file, remains)).toBe(0);
    await Promise.all([store.close(), reader.close()]);
    expect(countIn(file, remains)).toBe(0);
  });

  test('would leave bytes without the checkpoint', async () => {
    const file = newFile();
    const store = await SqliteKeyStore.open({ file, master_key });
    const [id = ''] = (await store.mint(10)).keys();
    const bytes = wrappedIn(file).get(id) ?? Buffer.from('');
    const db = new Database(file);
    db.pragma('secure_delete = ON');
    db.prepare('UPDATE keys SET wrapped = zeroblob(60) WHERE key_id = ?').run(id);
    expect(isIn(file, bytes)).toBe(true);
    await store.destroy(id);
    expect(isIn(file, bytes)).toBe(false);
    db.close();
    await store.close();
  });

  test('wait for another writer', async () => {
    const file = newFile();
    const store = await SqliteKeyStore.open({ file, master_key });
    const writer = new Worker(WRITER, {
      eval: true,
      workerData: { file, library: createRequire(import.meta.url).resolve('libsql') },
    });
    await new Promise((resolve) => writer.once('message', resolve));
    expect((await store.mint(3)).size).toBe(3);
    const [id = ''] = (await store.mint(1)).keys();
    await store.destroy(id);
    await writer.terminate();
    await store.close();
  });
});

/** Holds the write lock for a while. */
const WRITER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const Database = require(workerData.library);
  const db = new Database(workerData.file);
  db.exec('BEGIN IMMEDIATE');
  parentPort.postMessage('locked');
  setTimeout(() => { db.exec('COMMIT'); db.close(); }, 300);
`;

function wrappedIn(file: string): Map<string, Buffer> {
  const db = new Database(file);
  const rows = db.prepare('SELECT key_id, wrapped FROM keys').raw().all() as [string, ArrayBuffer][];
  db.close();
  return new Map(rows.map(([id, wrapped]) => [id, Buffer.from(wrapped)]));
}

/** Counts the keys whose bytes are in the database or a file beside it. */
function countIn(file: string, wanted: Iterable<Buffer>): number {
  const folder = join(file, '..');
  const content = Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))));
  return [...wanted].filter((bytes) => content.includes(bytes)).length;
}

const isIn = (file: string, bytes: Buffer): boolean => countIn(file, [bytes]) > 0;
