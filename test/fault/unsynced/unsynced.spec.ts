import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { SqliteEventStore } from '#event-store';
import { random } from '../../support/random.js';
import { type Acknowledged, type Image, type Luck, replay } from './disk.js';

/* kill -9 keeps the page cache, a power cut does not: here every write that was not synced is dropped. */

const EVENTS = 200;
const CHECK_EVERY = 10;
const isTraceable = spawnSync('strace', ['-V']).status === 0;
const traced = isTraceable ? test : test.skip; // house-rules: allowed, the tool may be missing

if (!isTraceable)
  process.stderr.write('skipped: the double that drops unsynced writes needs strace (apt-get install strace)\n');

type Synchronous = 'FULL' | 'NORMAL' | 'OFF';

interface Cut {
  readonly ids: readonly string[];
  readonly image: Image;
}

describe('a power cut after an acknowledgement', () => {
  traced(
    'loses nothing that was acknowledged, whether the disk dropped all unsynced writes or only some',
    async () => {
      const seed = Math.floor(Math.random() * 2 ** 32);
      const dropsAll = await cuts('FULL');
      const dropsSome = await cuts('FULL', coin(seed));
      expect({ lost: await lost(dropsAll) }).toEqual({ lost: [] });
      expect({ seed, lost: await lost(dropsSome) }).toEqual({ seed, lost: [] });
      // the run was long enough to see the store move its journal into the main file
      expect(mainFileSizes(dropsAll).at(-1)).toBeGreaterThan((mainFileSizes(dropsAll)[0] ?? 0) + 1_000_000);
    },
    120_000,
  );

  traced.each(['NORMAL', 'OFF'] as const)(
    'loses acknowledged events when the store syncs too little (%s): the double can fail',
    async (synchronous) => {
      expect((await lost(await cuts(synchronous))).length).toBeGreaterThan(0);
    },
    120_000,
  );
});

function coin(seed: number): Luck {
  const next = random(seed);
  return () => next() < 0.5;
}

const mainFileSizes = (all: readonly Cut[]): number[] =>
  all.map(({ image }) => [...image].find(([path]) => path.endsWith('events.db'))?.[1].length ?? 0);

/** Runs the appender under a trace and cuts the power at every tenth acknowledgement. */
async function cuts(synchronous: Synchronous, luck?: Luck): Promise<Cut[]> {
  const found: Cut[] = [];
  await inScratch(async (directory) => {
    replay(traceOf(directory, synchronous), ({ ids, image }: Acknowledged) => {
      if (ids.length % CHECK_EVERY === 0) found.push({ ids, image: image(luck) });
    });
  });
  expect(found).toHaveLength(EVENTS / CHECK_EVERY);
  return found;
}

function traceOf(directory: string, synchronous: Synchronous): string {
  const trace = join(directory, 'trace');
  const calls = 'trace=pwrite64,write,fsync,fdatasync,ftruncate';
  const appender = join(import.meta.dirname, 'appender.mjs');
  const options = ['-f', '-y', '-xx', '-s', '1000000', '-e', calls, '-o', trace, process.execPath];
  const run = spawnSync('strace', [...options, appender, join(directory, 'events.db'), synchronous, String(EVENTS)], {
    encoding: 'utf8',
  });
  expect([run.status, run.stdout.trim().split('\n').length]).toEqual([0, EVENTS]);
  return readFileSync(trace, 'latin1');
}

/** The acknowledged events that are not there when the store is opened after the power cut. */
async function lost(all: readonly Cut[]): Promise<string[]> {
  const ids: string[] = [];
  for (const cut of all) await inScratch(async (directory) => void ids.push(...(await missing(directory, cut))));
  return ids;
}

async function missing(directory: string, { ids, image }: Cut): Promise<string[]> {
  for (const [path, data] of image) {
    if (/events\.db(-wal)?$/.test(path)) writeFileSync(join(directory, basename(path)), data);
  }
  const found = new Set<string>();
  try {
    const store = await SqliteEventStore.open({ file: join(directory, 'events.db') });
    for await (const { id } of store.readAll()) found.add(id);
    await store.close();
  } catch {
    // what cannot even be opened has lost everything
  }
  return ids.filter((id) => !found.has(id));
}

async function inScratch(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'ledger-unsynced-'));
  try {
    await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
