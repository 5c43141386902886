import type { Projected } from './projection.js';
import { unpark } from './parked.js';
import type { Db } from '../statements.js';
import { loadStored, saveProjected } from './rows.js';
import { generationOf, inGeneration, otherGenerations } from '../generation.js';

/**
 * Erases a customer of the live generation in the others in the same transaction, however far behind these are: they
 * then skip the earlier events by position.
 */
export async function eraseElsewhere(db: Db, erased: readonly Projected[]): Promise<void> {
  if (generationOf(db) !== 'live') return;
  for (const generation of await otherGenerations(db)) {
    const there = inGeneration(db, generation);
    const stored = await loadStored(
      there,
      erased.map(({ id }) => id),
    );
    for (const one of erased) {
      const before = stored.get(one.id);
      if (before === undefined || before.position >= one.position) continue;
      await unpark(there, one.id);
      await saveProjected(there, [{ ...one, before }]);
    }
  }
}
