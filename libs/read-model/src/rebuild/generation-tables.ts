import type { Kysely } from 'kysely';
import { FOLD_VERSION } from '#customer';
import type { Words } from '#database';
import { asNext, BOUND, findGeneration, type Other, tableOf } from '../generation.js';
import { indexes, tables } from '../migrations/0001-start.js';
import { orderColumns, orderIndexes } from '../migrations/0004-orders.js';
import { memberIndexes } from '../migrations/0005-segment-looks.js';
import { flipIndexes } from '../migrations/0008-flips.js';
import { activityColumns, activityIndexes } from '../migrations/0010-activity-objects.js';
import type { Db } from '../statements.js';

/* The tables of generations: made, completed, switched and dropped. */

/** Migrations are written for any database. */
const making = (db: Db, number: number): Kysely<unknown> => asNext(db, number) as unknown as Kysely<unknown>;

/** Notes that a generation is complete up to a position. */
export async function reach(db: Db, generation: Other, position: bigint): Promise<void> {
  await db
    .updateTable('generations')
    .set({ position: String(position) })
    .where('name', '=', generation)
    .execute();
}

/** Creates the next generation's tables, without the indexes that only queries need. */
export async function makeNext(db: Db, words: Words): Promise<void> {
  const { most } = await db
    .selectFrom('generations')
    .select((row) => row.fn.max('number').as('most'))
    .executeTakeFirstOrThrow();
  const number = Number(most) + 1;
  const fold_version = (await findGeneration(db, 'live'))?.fold_version ?? FOLD_VERSION;
  const next = making(db, number);
  await tables(next, words);
  await orderColumns(next, words);
  await activityColumns(next, words);
  await db.insertInto('generations').values({ name: 'next', number, position: null, fold_version }).execute();
}

/** The indexes that the next generation lacks, each to be created in its own transaction. */
export function missingIndexes(db: Db, words: Words, number: number): (() => Promise<void>)[] {
  const next = making(db, number);
  return [
    ...indexes(next, words),
    ...orderIndexes(next),
    ...memberIndexes(next),
    ...flipIndexes(next, words),
    ...activityIndexes(next),
  ];
}

/** Renames the former generation to `next`, which the sweep drops. */
export async function retire(db: Db): Promise<void> {
  for (const table of BOUND)
    await db.schema.alterTable(tableOf('former', table)).renameTo(tableOf('next', table)).execute();
  await db.updateTable('generations').set({ name: 'next' }).where('name', '=', 'former').execute();
}

/** Drops a generation's tables, if it exists. */
export async function dropGeneration(db: Db, generation: Other): Promise<void> {
  for (const table of BOUND) await db.schema.dropTable(tableOf(generation, table)).ifExists().execute();
  await db.deleteFrom('generations').where('name', '=', generation).execute();
}

/** Makes another generation live; the live one becomes the former one, complete up to a position. */
export async function swapIn(db: Db, generation: Other, position: string): Promise<void> {
  const rename = (from: string, to: string) => db.schema.alterTable(from).renameTo(to).execute();
  for (const table of BOUND) await rename(table, `leaving_${table}`);
  for (const table of BOUND) await rename(tableOf(generation, table), table);
  for (const table of BOUND) await rename(`leaving_${table}`, tableOf('former', table));
  const [live, other] = [await findGeneration(db, 'live'), await findGeneration(db, generation)];
  await db.deleteFrom('generations').where('name', 'in', ['live', generation]).execute();
  const { number = 0, fold_version = FOLD_VERSION, renewed_to = null } = live ?? {};
  const rows = [
    { name: 'live' as const, number: other?.number ?? 0, position: null, fold_version, renewed_to },
    { name: 'former' as const, number, position, fold_version, renewed_to },
  ];
  await db.insertInto('generations').values(rows).execute();
}
