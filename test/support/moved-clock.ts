import { execFileSync } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { random } from './random.js';
import type { Service } from './service.js';
import { eventually } from './wait.js';

/** The Date header has whole seconds, and Node renews it once a second. */
const PRECISION_MS = 3_000;

/** The clock of one process, by libfaketime; timers and pauses go on as they are. */
export class MovedClock {
  readonly env: Readonly<Record<string, string>>;

  /** `file` says how far it is from the machine's clock; the process reads it again every second. */
  constructor(
    library: string,
    private readonly file: string,
    offset_s: number,
  ) {
    this.set(offset_s);
    this.env = {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    };
  }

  /** Takes effect within seconds. */
  set(offset_s: number): void {
    // renamed, so that half a line is never read
    writeFileSync(`${this.file}.new`, `${offset_s < 0 ? '' : '+'}${offset_s}s\n`);
    renameSync(`${this.file}.new`, this.file);
  }

  /** To and fro, until the signal aborts. */
  async wander(offsets_s: readonly number[], seed: number, signal: AbortSignal): Promise<void> {
    const next = random(seed);
    while (!signal.aborted) {
      this.set(offsets_s[Math.floor(next() * offsets_s.length)] ?? 0);
      await sleep(500 + next() * 2_000, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Resolves when the service goes by the new time. */
  async move(service: Service, offset_s: number): Promise<void> {
    this.set(offset_s);
    await eventually(async () => {
      const { headers } = await service.call('GET', '/health/live', { key: null });
      expect(Math.abs(offsetOf(headers) - offset_s * 1_000)).toBeLessThan(PRECISION_MS);
    });
  }
}

/** The distance of the clock behind an answer from the local one, in ms, to the second. */
export const offsetOf = (headers: Headers): number => Date.parse(headers.get('date') ?? '') - Date.now();

/** Runs a suite where libfaketime is installed; otherwise says in one line how to get it. */
export function clockSuite(name: string, suite: (library: string) => void): void {
  const library = findLibrary();
  if (library !== undefined) return describe(name, () => suite(library));
  const line = `${name}: needs libfaketime (apt-get install faketime)`;
  // Jest names left out tests only when it is told to be verbose
  process.stdout.write(`not run: ${line}\n`);
  test.skip(line, () => undefined);
}

/** The library for threads, by what the program `faketime` preloads: distributions keep it in different folders. */
function findLibrary(): string | undefined {
  try {
    const environment = execFileSync('faketime', ['-m', '-f', '+0s', 'env'], { encoding: 'utf8' });
    return /^LD_PRELOAD=(.*\blibfaketimeMT\S*)$/m.exec(environment)?.[1];
  } catch {
    return undefined;
  }
}
