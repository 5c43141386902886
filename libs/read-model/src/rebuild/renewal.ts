import type { Kysely } from 'kysely';
import { FOLD_VERSION } from '#customer';
import { NewerTables, reached, type Storage } from '#database';
import { dropOthers } from '../migrations/0004-orders.js';
import type { Db } from '../statements.js';
import { projectorOf } from '../projecting/work.js';
import { BOUND } from '../generation.js';

/** A rebuild of all rows because another version of the fold had made them. */
export interface Renewal {
  readonly from: number;
  readonly to: number;
}

/**
 * Rows of another version of the fold cannot be folded further, so this deletes them, and the projector rebuilds them
 * from the history. The checkpoints of other followers stay. One of the instances that start together does so, in one
 * transaction. Throws NewerTables.
 */
export async function renew(db: Db, storage: Storage, to = FOLD_VERSION): Promise<Renewal | undefined> {
  const { fold_version: from, renewed_to } = await live(db);
  if (from > to) throw new NewerTables();
  if (from === to) return undefined;
  const outcome = await db.transaction().execute(async (tx) => {
    const claim = tx.updateTable('generations').set({ fold_version: to });
    const { numUpdatedRows } = await claim
      .where('name', '=', 'live')
      .where('fold_version', '=', from)
      .executeTakeFirst();
    if (numUpdatedRows !== 1n) return 'claimed by another';
    const wasEmpty = await startOver(tx, storage, projectorOf(from), BigInt(renewed_to ?? -1));
    return wasEmpty ? 'new' : 'renewed';
  });
  if (outcome === 'claimed by another') return renew(db, storage, to);
  return outcome === 'renewed' ? { from, to } : undefined;
}

const live = (db: Db) =>
  db
    .selectFrom('generations')
    .select(['fold_version', 'renewed_to'])
    .where('name', '=', 'live')
    .executeTakeFirstOrThrow();

/** True when nothing had been projected yet. */
async function startOver(tx: Db, storage: Storage, former: string, before: bigint): Promise<boolean> {
  const seen = (await reached(tx, former))?.position ?? -1n;
  const known = seen > before ? seen : before;
  const wasEmpty = known < 0n;
  const renewed_to = wasEmpty ? null : String(known);
  await tx.updateTable('generations').set({ renewed_to }).where('name', '=', 'live').execute();
  // so that projectors of the former version stop at their next commit
  for (const table of ['shards', 'layouts', 'members'] as const)
    await tx.deleteFrom(table).where('work', '=', former).execute();
  await dropOthers(tx as unknown as Kysely<unknown>);
  for (const table of BOUND) if (table !== 'counters') await storage.empty(table).execute(tx);
  await tx.updateTable('counters').set({ value: 0 }).where('name', '=', 'customers_active').execute();
  return wasEmpty;
}
