import { setTimeout as sleep } from 'node:timers/promises';

/** Repeats a check until it holds; after `ms_max` its own error is thrown. */
export async function eventually(check: () => Promise<void>, ms_max = 60_000): Promise<void> {
  const end = performance.now() + ms_max;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > end) throw error;
      await sleep(20);
    }
  }
}
