import * as fc from 'fast-check';

const { TEST_ALL, PROPERTY_RUNS, SEED } = process.env;

/** Cases of a property: few in `npm test`, many under `--all`, which sets TEST_ALL; or as many as PROPERTY_RUNS says. */
export const runs = (short: number, long = short): number =>
  Number(PROPERTY_RUNS ?? (TEST_ALL === undefined ? short : long));

/** How often each property of the order of arrival is tried. */
export const RUNS = {
  readModel: runs(200, 500),
  http: runs(200),
  kafka: runs(50),
  commands: runs(60),
} as const;

const FIXED = 20_240_501;

/** The same histories every time, and others every time; or those of the SEED that is asked for. */
export const SEEDS: readonly number[] =
  SEED === undefined ? [FIXED, Math.floor(Math.random() * 2 ** 31)] : [Number(SEED)];

/** Holds a property on so many cases, of all seeds together. What fails says its seed and path, which SEED and fc.assert play again. */
export function holds<Cases>(name: string, property: fc.IProperty<Cases>, numRuns: number): void {
  for (const parameters of trials(name, numRuns)) fc.assert(property, parameters);
}

/** The same for a property that waits for something. */
export async function holdsInTime<Cases>(name: string, property: fc.IAsyncProperty<Cases>, numRuns: number) {
  for (const parameters of trials(name, numRuns)) await fc.assert(property, parameters);
}

function trials(name: string, numRuns: number) {
  process.stdout.write(`${name}: SEED=${SEEDS.at(-1)}\n`);
  return SEEDS.map((seed) => ({ seed, numRuns: Math.ceil(numRuns / SEEDS.length) }));
}
