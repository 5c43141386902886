import { describe, test } from '@jest/globals';

/** Runs a suite when its engine's address is in the environment; otherwise says in one line how to get it. */
export function engineSuite(name: string, variable: string, suite: (address: string) => void): void {
  const address = process.env[variable];
  if (address !== undefined && address !== '') describe(name, () => suite(address));
  else test.skip(`${name}: needs ${variable}; npm run test:engines starts what it needs`, () => undefined);
}
