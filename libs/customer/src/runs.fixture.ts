import * as fc from 'fast-check';

const { TEST_ALL, PROPERTY_RUNS, PROPERTY_PATH, SEED } = process.env;

/*
 * The order of arrival is tried on 100,000 histories of the fold and 2,000 through the read model under `--all`, on 2,000 and
 * 400 in `npm test`, on 400 through HTTP and 100 through Kafka: half of them of a fixed seed, half of a random one.
 */

/** Cases of a property: few in `npm test`, many under `--all`, which sets TEST_ALL; PROPERTY_RUNS overrides both. */
export const runs = (short: number, long = short): number =>
  Number(PROPERTY_RUNS ?? (TEST_ALL === undefined ? short : long));

/** Cases of each property of the order of arrival: for the fold over all seeds together, for the others per seed. */
export const RUNS = {
  fold: runs(2_000, 100_000),
  readModel: runs(200, 1_000),
  http: runs(200),
  kafka: runs(50),
  commands: runs(60),
} as const;

const FIXED = 20_240_501;

/** A fixed seed and a random one; or the one that SEED names. */
export const SEEDS: readonly number[] =
  SEED === undefined ? [FIXED, Math.floor(Math.random() * 2 ** 31)] : [Number(SEED)];

/** Checks a property on `numRuns` cases over all seeds. A failure names its SEED and PROPERTY_PATH, which replay it. */
export function holds<Cases>(name: string, property: fc.IProperty<Cases>, numRuns: number): void {
  for (const parameters of trials(name, numRuns)) fc.assert(property, parameters);
}

/** The same for an asynchronous property. */
export async function holdsInTime<Cases>(name: string, property: fc.IAsyncProperty<Cases>, numRuns: number) {
  for (const parameters of trials(name, numRuns)) await fc.assert(property, parameters);
}

function trials(name: string, numRuns: number) {
  process.stdout.write(`${name}: SEED=${SEEDS.at(-1)}\n`);
  const path = PROPERTY_PATH === undefined ? {} : { path: PROPERTY_PATH };
  return SEEDS.map((seed) => ({ seed, ...path, numRuns: Math.ceil(numRuns / SEEDS.length) }));
}
