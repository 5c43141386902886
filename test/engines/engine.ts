import { describe, test } from '@jest/globals';

/** Runs a suite when its engine's address is in the environment; otherwise says in one line how to get it. */
export function engineSuite(name: string, variable: string, suite: (address: string) => void): void {
  const address = process.env[variable];
  if (address !== undefined && address !== '') return describe(name, () => suite(address));
  const line = `${name}: needs ${variable}; npm test -- --engines starts what it needs`;
  // Jest names left out tests only when it is told to be verbose
  process.stdout.write(`not run: ${line}\n`);
  test.skip(line, () => undefined);
}
