import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { SqliteEventStore } from '#event-store';
import { replay } from './disk.js';

/* kill -9 keeps the page cache, a power cut does not: here every write that was not synced is dropped. */

const EVENTS = 120;
const CHECK_EVERY = 10;
const isTraceable = spawnSync('strace', ['-V']).status === 0;
const traced = isTraceable ? test : test.skip; // house-rules: allowed, the tool may be missing

if (!isTraceable)
  process.stderr.write('skipped: the double that drops unsynced writes needs strace (apt-get install strace)\n');

describe('a power cut after an acknowledgement', () => {
  traced(
    'loses nothing that was acknowledged',
    async () => {
      expect(await lostAt('FULL')).toEqual([]);
    },
    120_000,
  );

  traced(
    'loses acknowledged events when the store does not sync: the double can fail',
    async () => {
      expect((await lostAt('OFF')).length).toBeGreaterThan(0);
    },
    120_000,
  );
});

/** Runs the appender under a trace and cuts the power at every tenth acknowledgement; answers with what was lost. */
async function lostAt(synchronous: 'FULL' | 'OFF'): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'ledger-unsynced-'));
  const trace = join(directory, 'trace');
  const calls = 'trace=pwrite64,write,fsync,fdatasync,ftruncate';
  const appender = join(import.meta.dirname, 'appender.mjs');
  const options = ['-f', '-y', '-xx', '-s', '1000000', '-e', calls, '-o', trace, process.execPath];
  const run = spawnSync('strace', [...options, appender, join(directory, 'events.db'), synchronous, String(EVENTS)], {
    encoding: 'utf8',
  });
  expect([run.status, run.stdout.trim().split('\n').length]).toEqual([0, EVENTS]);
  const moments: { ids: readonly string[]; image: ReadonlyMap<string, Buffer> }[] = [];
  replay(readFileSync(trace, 'utf8'), (moment) => {
    if (moment.ids.length % CHECK_EVERY === 0) moments.push({ ids: moment.ids, image: moment.image() });
  });
  expect(moments).toHaveLength(EVENTS / CHECK_EVERY);
  const lost: string[] = [];
  for (const [n, { ids, image }] of moments.entries())
    lost.push(...(await missing(join(directory, String(n)), ids, image)));
  rmSync(directory, { recursive: true, force: true });
  return lost;
}

async function missing(
  directory: string,
  ids: readonly string[],
  image: ReadonlyMap<string, Buffer>,
): Promise<string[]> {
  for (const [path, data] of image) {
    if (/events\.db(-wal)?$/.test(path)) writeFileSync(`${directory}-${basename(path)}`, data);
  }
  const found = new Set<string>();
  try {
    const store = await SqliteEventStore.open({ file: `${directory}-events.db` });
    for await (const { id } of store.readAll()) found.add(id);
    await store.close();
  } catch {
    // what cannot even be opened has lost everything
  }
  return ids.filter((id) => !found.has(id));
}
