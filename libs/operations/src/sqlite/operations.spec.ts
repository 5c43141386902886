import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Purge } from '#database';
import { queueMigrationContract } from '../migrations/queue.contract.js';
import { Operations } from '../operations.js';
import { operationsContract } from '../operations.contract.js';
import { addJobs, addOthers, records } from '../records.double.js';
import { takingOverContract, within } from '../taking-over.contract.js';

const newFile = (): string => join(mkdtempSync(join(tmpdir(), 'operations-')), 'some.db');

describe('in memory', () => operationsContract(() => Operations.open({ file: ':memory:' })));

describe('in a file', () => operationsContract(() => Operations.open({ file: newFile() })));

describe('the records of version 0.1.0 in the read model', () => takingOverContract(() => ({ file: newFile() })));

describe('records of the former form', () => queueMigrationContract(() => ({ file: newFile() })));

test('a start after a kill between copying and deleting deletes the former records', async () => {
  const [former, copy, file] = [newFile(), newFile(), newFile()];
  const was = await within({ file: former }, async (model) => {
    await addJobs(model);
    await addOthers(model);
    return records(model);
  });
  copyFileSync(former, copy);
  await (await Operations.open({ file, former: { file: former } })).close();
  for (const part of ['', '-wal', '-shm']) rmSync(former + part, { force: true });
  copyFileSync(copy, former);

  await (await Operations.open({ file, former: { file: former } })).close();
  expect(await within({ file }, records)).toEqual(was);
  expect((await within({ file: former }, records))['jobs']).toEqual([]);
});

test('a missing former database is not created', async () => {
  const [former, file] = [newFile(), newFile()];
  await (await Operations.open({ file, former: { file: former } })).close();
  expect(existsSync(former)).toBe(false);
});

test('each commit is synced, so that a power cut loses nothing acknowledged', async () => {
  const operations = await Operations.open({ file: newFile() });
  const { rows } = await operations.db.executeQuery({ sql: 'pragma synchronous', parameters: [] } as never);
  expect(rows).toEqual([{ synchronous: 2 }]);
  await operations.close();
});

test('after an erasure the database files hold nothing of an export', async () => {
  const file = newFile();
  const operations = await Operations.open({ file });
  await addJobs(operations, 'Zoe-Quux');
  await operations.db.deleteFrom('jobs').where('id', '=', 'action-open').execute();
  const found = (): string[] =>
    readdirSync(dirname(file)).filter((name) => readFileSync(join(dirname(file), name)).includes('Zoe-Quux'));
  expect(found()).not.toEqual([]);
  await operations.forgetFiles();
  await new Purge(operations, () => undefined).purgeIfDue();
  expect(found()).toEqual([]);
  await operations.close();
});
