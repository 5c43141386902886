import * as fc from 'fast-check';

/** The seed with which every property runs each time. */
const FIXED_SEED = 20_240_501;

/** Cases of a property: few in `npm test`, many under `--all`. */
export const runs = (short: number, long: number): number => (process.env['TEST_ALL'] === undefined ? short : long);

/**
 * Holds a property on so many cases: half of them from the fixed seed, half from a random one, which is printed and which
 * PROPERTY_SEED plays again. A failure says its seed and its path (`fc.assert(..., { seed, path })`).
 */
export function holds<Cases>(name: string, property: fc.IProperty<Cases>, numRuns: number): void {
  const told = process.env['PROPERTY_SEED'];
  const seed = told === undefined ? Math.trunc(Math.random() * 2 ** 31) : Number(told);
  process.stdout.write(`${name}: PROPERTY_SEED=${seed}\n`);
  for (const one of [FIXED_SEED, seed]) fc.assert(property, { seed: one, numRuns: numRuns / 2 });
}
