import { retry } from '#flow';

/** A guard against what never holds; a busy machine is no failure. */
const WAIT_MS_MAX = 180_000;
/** Checks often at first; a check that waits long, as on a busy machine, must not keep the machine busy. */
const EVERY = { first_ms: 20, last_ms: 250 };

/** Repeats a check until it holds; in the end its own error is thrown. */
export const eventually = (check: () => Promise<void>): Promise<void> =>
  retry(check, { ...EVERY, ms_max: WAIT_MS_MAX });
