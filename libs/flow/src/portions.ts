import { setImmediate } from 'node:timers/promises';

/** At most some 15 ms of work on facts or decisions; the turn itself takes microseconds. */
const PORTION = 50;

/** In portions, with a turn of the event loop after each that is full: a short list costs no turn. */
export async function* inPortions<T>(items: readonly T[]): AsyncGenerator<readonly T[]> {
  for (let from = 0; from < items.length; from += PORTION) {
    const portion = items.slice(from, from + PORTION);
    yield portion;
    if (portion.length === PORTION) await setImmediate();
  }
}
