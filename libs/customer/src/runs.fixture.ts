/* The number of runs of the properties of the order of arrival; `npm test -- --all` sets TEST_ALL. */

const { TEST_ALL, PROPERTY_RUNS } = process.env;
const runs = (always: number, inAll = always): number => Number(PROPERTY_RUNS ?? (TEST_ALL === '1' ? inAll : always));

export const RUNS = {
  fold: runs(2_000, 100_000),
  readModel: runs(200, 2_000),
  http: runs(200),
  kafka: runs(50),
  commands: runs(60, 300),
} as const;

const { SEED } = process.env;
const FIXED = 20_240_501;

/** The same histories every time, and others every time; or those of the seed that is asked for. */
export const SEEDS: readonly number[] =
  SEED === undefined ? [FIXED, Math.floor(Math.random() * 2 ** 31)] : [Number(SEED)];
