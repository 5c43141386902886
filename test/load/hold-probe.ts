import { readFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

/*
 * Loaded into a service, it measures how long the main thread runs at most before timers get their turn: in processor time
 * (Linux tells it for each thread) and by the clock, which on a busy machine also counts the time of other programs.
 */

interface Moment {
  readonly cpu_ms: number;
  readonly clock_ms: number;
}

const SCHEDULED = '/proc/thread-self/schedstat';
const LOOK_MS = 1;

const now = (): Moment => ({
  cpu_ms: parseInt(readFileSync(SCHEDULED, 'latin1'), 10) / 1e6,
  clock_ms: performance.now(),
});

if (isMainThread) {
  let last = now();
  let longest: Moment = { cpu_ms: 0, clock_ms: 0 };
  setInterval(() => {
    const at = now();
    longest = {
      cpu_ms: Math.max(longest.cpu_ms, at.cpu_ms - last.cpu_ms),
      clock_ms: Math.max(longest.clock_ms, at.clock_ms - last.clock_ms),
    };
    last = at;
  }, LOOK_MS).unref();
  // tells the longest since the last signal
  process.on('SIGUSR2', () => {
    process.stderr.write(`held ${JSON.stringify(longest)}\n`);
    longest = { cpu_ms: 0, clock_ms: 0 };
  });
}
