import type { Db } from '../statements.js';

const DUE = 'purge_due';

/** Notes, with the erasure of a customer's rows, that the files still hold traces of them. */
export const notePurge = (db: Db): Promise<void> => setDue(db, 1);

export const notePurged = (db: Db): Promise<void> => setDue(db, 0);

export async function isPurgeDue(db: Db): Promise<boolean> {
  const row = await db.selectFrom('counters').select('value').where('name', '=', DUE).executeTakeFirst();
  return Number(row?.value ?? 0) === 1;
}

async function setDue(db: Db, value: 0 | 1): Promise<void> {
  await db.updateTable('counters').set({ value }).where('name', '=', DUE).execute();
}
