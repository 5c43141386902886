import { expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const CLI = resolve(import.meta.dirname, '../../dist/apps/cli/src/main.js');

test('the demo plays its customers, says what to look at, and leaves nothing behind', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'customer-ledger-demo-spec-'));
  try {
    const env = { ...process.env, TMPDIR: folder, NODE_OPTIONS: '' };
    const { stdout } = await promisify(execFile)(process.execPath, [CLI, 'demo', '--customers', '20', '--exit'], {
      env,
    });
    expect(stdout).toMatch(/^20 customers \(seed 1\): \d+ facts accepted, \d+ already known, 0 rejected$/m);
    expect(stdout).toMatch(/\/v1\/customers\/demo-\d+$/m);
    expect(await readdir(folder)).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
