import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fact } from '../support/facts.js';
import { KEYS, Service } from '../support/service.js';

const LEDGER = resolve('dist/apps/cli/src/main.js');
const KEY = `${KEYS.admin.app_id}:${KEYS.admin.token}`;
const folder = mkdtempSync(join(tmpdir(), 'ledger-replay-'));
let service: Service;

interface Told {
  readonly id: string;
  readonly subject: string;
  readonly globalposition: string;
  readonly streamrevision: string;
}

const replay = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, [LEDGER, 'replay', '--url', service.url, '--key', KEY, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  });
const toldIn = (file: string): Told[] =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Told);

beforeAll(async () => {
  service = await Service.start();
  for (let n = 0; n < 5; n++) {
    const source_id = `c${n}`;
    await service.call('POST', '/v1/customers', { body: { source_id, name: `Zebulon ${n}` } });
    await service.facts(
      Array.from({ length: 40 }, (_, m) =>
        fact('order.paid', `2026-01-01T10:00:${10 + m}Z`, { id: `o${m}`, amount: m, customer: { source_id } }),
      ),
      KEYS.admin,
    );
  }
});

afterAll(async () => {
  await service.discard();
  rmSync(folder, { recursive: true, force: true });
});

test('tells everything in order, goes on where it was cut off, and changes nothing', async () => {
  const file = join(folder, 'all.ndjson');
  expect(replay('--to', file)).toMatchObject({ status: 0 });
  const told = toldIn(file);
  const positions = told.map(({ globalposition }) => Number(globalposition));
  expect(positions).toEqual([...positions].sort((a, b) => a - b));
  expect(new Set(told.map(({ subject }) => subject)).size).toBe(5);
  expect(new Set(told.map(({ id }) => id)).size).toBe(told.length);

  // a file is not written over, and the same again is the same
  expect(replay('--to', file)).toMatchObject({ status: 1 });
  expect(replay('--to', '-').stdout).toBe(readFileSync(file, 'utf8'));

  const middle = positions[Math.floor(positions.length / 2)] ?? 0;
  const part = join(folder, 'part.ndjson');
  writeFileSync(
    part,
    told
      .filter(({ globalposition }) => Number(globalposition) <= middle)
      .map((one) => `${JSON.stringify(one)}\n`)
      .join(''),
  );
  expect(replay('--to', part, '--after', String(middle))).toMatchObject({ status: 0 });
  expect(toldIn(part)).toEqual(told);
});

test('says nothing personal of who was erased since', async () => {
  await service.call('POST', '/v1/customers/c3/permanent-deletion', { body: {} });
  const { status, stdout } = replay('--to', '-');
  expect(status).toBe(0);
  expect(stdout).toContain('Zebulon 2');
  expect(stdout).not.toContain('Zebulon 3');
});
