import type { Db } from './queries/statements.js';

/** How far a follower of the event store has come, and in which store. */
export interface Checkpoint {
  readonly position: bigint;
  readonly store_id: string;
}

/** The checkpoint is not where this follower left it: another one is at work. */
export class Overtaken extends Error {
  constructor(readonly checkpoint: string) {
    super(`checkpoint ${checkpoint} was moved by somebody else`);
  }
}

export async function loadCheckpoint(db: Db, name: string): Promise<Checkpoint | undefined> {
  const row = await db.selectFrom('checkpoints').selectAll().where('name', '=', name).executeTakeFirst();
  return row && { position: BigInt(row.position), store_id: row.store_id };
}

export async function saveCheckpoint(db: Db, name: string, checkpoint: Checkpoint): Promise<void> {
  await db
    .insertInto('checkpoints')
    .values({ name, ...values(checkpoint) })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(values(checkpoint)))
    .execute();
}

/** Moves a checkpoint, if it is still where the caller saw it. Throws Overtaken. */
export async function advance(db: Db, name: string, from: Checkpoint | undefined, to: Checkpoint): Promise<void> {
  const moved = from ? await move(db, name, from, to) : await begin(db, name, to);
  if (moved !== 1n) throw new Overtaken(name);
}

async function move(db: Db, name: string, from: Checkpoint, to: Checkpoint): Promise<bigint> {
  const { numUpdatedRows } = await db
    .updateTable('checkpoints')
    .set(values(to))
    .where('name', '=', name)
    .where('position', '=', String(from.position))
    .where('store_id', '=', from.store_id)
    .executeTakeFirst();
  return numUpdatedRows;
}

async function begin(db: Db, name: string, to: Checkpoint): Promise<bigint | undefined> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('checkpoints')
    .values({ name, ...values(to) })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows;
}

const values = ({ position, store_id }: Checkpoint) => ({ position: String(position), store_id });
