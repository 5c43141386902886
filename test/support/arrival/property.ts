import { isDeepStrictEqual } from 'node:util';
import { expect } from '@jest/globals';
import fc from 'fast-check';
import { sideBySide, sleep } from '#flow';
import { aHistory, type CloudEvent, type History, otherwise, plainly } from './histories.js';
import { type Ledger, namesIn, type Observation, observe, prefixed } from './observation.js';

/* The property: a history that is told in two ways gives the same answers. */

const HISTORIES_AT_ONCE = 8;
/** A difference is read again until it has stood still so many times; less patiently while a smaller history is looked for. */
const [LOOKS, LOOKS_SHRINKING] = [8, 3];
const LOOK_MS = 250;
/** Tries that the search for a smaller history has. */
const SHRINKS_MAX = Number(process.env['PROPERTY_SHRINKS'] ?? 60);

interface Telling {
  readonly prefix: string;
  readonly batches: readonly (readonly CloudEvent[])[];
}

interface Pair {
  readonly observed: readonly [Observation, Observation];
  readonly isEqual: boolean;
}

let tellings = 0;
const telling = (batches: Telling['batches']): Telling => ({
  prefix: `h${String(tellings++).padStart(6, '0')}.`,
  batches,
});

/**
 * Tries as many histories as `runs` on one ledger; names part them. Of one that fails a smaller one is looked for. `PROPERTY_PATH`
 * together with `SEED` plays one failure again.
 */
export async function expectSameAnswers(ledger: Ledger, seed: number, runs: number): Promise<void> {
  const path = process.env['PROPERTY_PATH'];
  if (path !== undefined) return expectEqual(await smallest(ledger, seed, path, 0), seed);
  const histories = fc.sample(aHistory, { seed, numRuns: runs });
  const pairs = await tellAll(ledger, histories, LOOKS);
  const failed = pairs.findIndex(({ isEqual }) => !isEqual);
  if (failed < 0) return;
  const count = pairs.filter(({ isEqual }) => !isEqual).length;
  process.stdout.write(`${count} of ${runs} histories of seed ${seed} differ; the first is number ${failed}\n`);
  expectEqual(await smallest(ledger, seed, String(failed), SHRINKS_MAX), seed);
}

interface Failure {
  readonly history: History | undefined;
  readonly pair: Pair | undefined;
  readonly path: string;
}

/** The failing history at a path, made as small as the tries allow. */
async function smallest(ledger: Ledger, seed: number, path: string, shrinks: number): Promise<Failure> {
  let tries = 0;
  let failing: Pair | undefined;
  const property = fc.asyncProperty(aHistory, async (history) => {
    if (tries++ > shrinks) return;
    const [pair] = await tellAll(ledger, [history], tries === 1 ? LOOKS : LOOKS_SHRINKING);
    if (!pair || pair.isEqual) return;
    failing = pair;
    throw new Error('the answers differ');
  });
  const { counterexample, counterexamplePath } = await fc.check(property, { seed, path, numRuns: 1 });
  return { history: counterexample?.[0], pair: failing, path: counterexamplePath ?? path };
}

function expectEqual({ history, pair, path }: Failure, seed: number): void {
  const replay = `SEED=${seed} PROPERTY_PATH=${path} plays it again`;
  if (!history || !pair) throw new Error(`a history differed once, and not when it was told again: ${replay}`);
  const told = (batches: Telling['batches']): string =>
    batches.map((batch) => `  ${batch.map((fact) => JSON.stringify(fact)).join('\n  + ')}`).join('\n');
  process.stdout.write(`${replay}\ntold:\n${told(plainly(history))}\ntold otherwise:\n${told(otherwise(history))}\n`);
  const [one, other] = pair.observed;
  expect({ ...other, replay }).toEqual({ ...right(one), replay });
  throw new Error(`the answers differ: ${replay}`);
}

/** Nothing in a history is a reason to refuse it. */
const right = (one: Observation): Observation => ({ ...one, refused: [] });

/** Tells each history in both ways and reads what came of it. */
async function tellAll(ledger: Ledger, histories: readonly History[], patience: number): Promise<readonly Pair[]> {
  const told = histories.map((history) => [telling(plainly(history)), telling(otherwise(history))] as const);
  const at_once = ledger.histories_at_once ?? HISTORIES_AT_ONCE;
  await sideBySide(told.flat(), at_once, async ({ prefix, batches }) => {
    for (const batch of batches) await ledger.take(prefixed(batch, prefix));
  });
  await ledger.settled();
  const pairs = new Map<number, Pair>();
  let differing = told.map((_, n) => n);
  for (let looks = 0; differing.length > 0 && looks < patience; looks++) {
    if (looks > 0) await sleep(LOOK_MS);
    const before = differing.map((n) => pairs.get(n)?.observed);
    await sideBySide(differing, at_once, async (n) => {
      const names = namesIn(told[n]?.[0].batches.flat() ?? []);
      const [one, other] = await Promise.all((told[n] ?? []).map(({ prefix }) => observe(ledger, prefix, names)));
      if (one && other) pairs.set(n, { observed: [one, other], isEqual: isDeepStrictEqual(other, right(one)) });
    });
    // as long as answers move, what follows from the facts has not followed yet
    if (
      looks > 0 &&
      !isDeepStrictEqual(
        before,
        differing.map((n) => pairs.get(n)?.observed),
      )
    )
      looks = 0;
    differing = differing.filter((n) => !pairs.get(n)?.isEqual);
  }
  return told.map((_, n) => pairs.get(n)!);
}
