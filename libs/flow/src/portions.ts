import { setImmediate } from 'node:timers/promises';

/** Facts or decisions of one portion: some 15 ms of work at most. */
const PORTION = 50;

/** Yields the event loop after each full portion, so that long lists block no requests; a short list costs no turn. */
export async function* inPortions<T>(items: readonly T[]): AsyncGenerator<readonly T[]> {
  for (let from = 0; from < items.length; from += PORTION) {
    const portion = items.slice(from, from + PORTION);
    yield portion;
    if (portion.length === PORTION) await setImmediate();
  }
}
