/** Something took longer than its deadline. It may still be running. */
export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded';

  constructor(what: string, ms_max: number) {
    super(`${what} took longer than ${ms_max} ms`);
  }
}

/** The result of a promise, or DeadlineExceeded after `ms_max`; a later failure is ignored. */
export async function within<T>(ms_max: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new DeadlineExceeded(what, ms_max)), ms_max);
  });
  promise.catch(() => undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

const FIRST_MS = 100;
const LAST_MS = 30_000;

/** The pause after so many tries (from 0): doubling from 0.1 s up to 30 s, jittered by half. */
export const backOff_ms = (tries: number, first_ms = FIRST_MS, last_ms = LAST_MS): number =>
  Math.min(last_ms, first_ms * 2 ** Math.min(tries, 20)) * (0.5 + Math.random() / 2);
