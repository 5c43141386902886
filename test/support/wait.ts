import { setTimeout as sleep } from 'node:timers/promises';

/** A guard against what never holds; a busy machine is no failure. */
const WAIT_MS_MAX = 180_000;

/** Repeats a check until it holds; in the end its own error is thrown. */
export async function eventually(check: () => Promise<void>): Promise<void> {
  const end = performance.now() + WAIT_MS_MAX;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > end) throw error;
      await sleep(20);
    }
  }
}
