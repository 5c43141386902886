import { loadRowsAhead, loadRowsOf } from './activity-store.js';
import { loadEntities, loadNeeded } from './entities.js';
import { Folding } from './folding.js';
import { type Judge, saveEvaluations } from '../segments/evaluations.js';
import { countParked, loadParked, newest, park, parkedBy } from './parked.js';
import { type Incoming, type Projected, Work } from './projection.js';
import { notePurge } from './purge.js';
import { eraseElsewhere } from './erased.js';
import { renewedTo } from '../generation.js';
import type { Db } from '../statements.js';
import { loadStored, saveProjected } from './rows.js';

/** The numbers of events of a batch, by their outcome. */
export interface BatchOutcome {
  readonly applied: number;
  /** Projected before, or about a deleted or erased customer. */
  readonly unchanged: number;
  /** Skipped, because an event of the same customer cannot be projected. */
  readonly parked: number;
  /** True when a customer was erased, so that the files need a purge. */
  readonly erased: boolean;
}

export type ByCustomer = ReadonlyMap<string, readonly Incoming[]>;

/** Loads, folds and writes one batch, inside the caller's transaction. Events may be delivered again. */
export async function takeIn(db: Db, incoming: ByCustomer, judge?: Judge): Promise<BatchOutcome> {
  const waiting = await leaveOut(db, incoming);
  const taken = [...incoming].filter(([id]) => !waiting.ids.has(id));
  const projected = await project(db, taken);
  const moved = projected.filter(({ position, before }) => position !== before.position);
  await saveProjected(db, moved);
  if (judge) await saveEvaluations(db, moved, judge);
  const poisoned = projected.flatMap(({ id, poison }) =>
    poison ? [parkedBy(id, poison, incoming.get(id) ?? [])] : [],
  );
  await park(db, poisoned);
  const erased = await newlyErased(db, projected, incoming);
  if (erased.length > 0) {
    await notePurge(db);
    await eraseElsewhere(db, erased);
  }
  return outcome(projected, waiting.events, taken, erased.length > 0);
}

async function project(db: Db, taken: readonly (readonly [string, readonly Incoming[]])[]): Promise<Projected[]> {
  const stored = await loadStored(
    db,
    taken.map(([id]) => id),
  );
  const works = taken.flatMap(([id, events]) => {
    const before = stored.get(id);
    return before ? [new Work(id, before, events)] : [];
  });
  const entities = await loadEntities(db, works);
  const rows = await loadRowsAhead(db, works);
  const projected: Projected[] = [];
  for (const work of works) {
    const folding = new Folding(work, entities.get(work.id) ?? []);
    for (const object of work.objects) folding.supplyRows({ object }, rows(work.id, object));
    projected.push(await folded(db, work, folding));
  }
  return projected;
}

/** Folds, and loads what the fold asks for. */
async function folded(db: Db, work: Work, folding: Folding): Promise<Projected> {
  for (let need = folding.goOn(); need; need = folding.goOn()) {
    if ('rows' in need) folding.supplyRows(need.rows, await loadRowsOf(db, work.id, need.rows));
    else folding.supply(need.entities, await loadNeeded(db, work, need.entities));
  }
  return folding.outcome;
}

/** Skips customers who are parked already, and notes their last skipped event. */
async function leaveOut(db: Db, incoming: ByCustomer): Promise<{ ids: ReadonlySet<string>; events: number }> {
  if ((await countParked(db)) === 0) return { ids: new Set(), events: 0 };
  const parked = [...(await loadParked(db, [...incoming.keys()])).values()];
  let events = 0;
  const moved = parked.flatMap((one) => {
    const more = incoming.get(one.customer_id) ?? [];
    events += more.length;
    const skipped_to = newest(more);
    return skipped_to > one.skipped_to ? [{ ...one, skipped_to }] : [];
  });
  await park(db, moved);
  return { ids: new Set(parked.map((one) => one.customer_id)), events };
}

const isErased = ({ state, before }: Projected): boolean => state.status === 'erased' && before.status !== 'erased';

/** The customers whose erasure is new: while rows are rebuilt, many erasures were carried out before. */
async function newlyErased(db: Db, projected: readonly Projected[], incoming: ByCustomer): Promise<Projected[]> {
  const erased = projected.filter(isErased);
  const known = erased.length === 0 ? undefined : await renewedTo(db);
  if (known === undefined) return erased;
  const isNew = ({ recorded: { type, position } }: Incoming): boolean => type === 'CustomerErased' && position > known;
  return erased.filter(({ id }) => incoming.get(id)?.some(isNew));
}

function outcome(
  projected: readonly Projected[],
  left: number,
  taken: readonly (readonly [string, readonly Incoming[]])[],
  erased: boolean,
): BatchOutcome {
  const applied = projected.reduce((sum, one) => sum + one.applied, 0);
  const parked = projected.reduce((sum, one) => sum + one.left_out, 0);
  const events = taken.reduce((sum, [, list]) => sum + list.length, 0);
  return { applied, unchanged: events - applied - parked, parked: parked + left, erased };
}
