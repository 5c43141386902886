import type { Db } from './schema.js';

const DUE = 'purge_due';

/** Notes, with the rows being deleted, that the database's files still hold traces of them. */
export const notePurge = (db: Db): Promise<void> => setDue(db, 1);

export const notePurged = (db: Db): Promise<void> => setDue(db, 0);

export async function isPurgeDue(db: Db): Promise<boolean> {
  const row = await db.selectFrom('marks').select('value').where('name', '=', DUE).executeTakeFirst();
  return row?.value === 1;
}

async function setDue(db: Db, value: 0 | 1): Promise<void> {
  await db.updateTable('marks').set({ value }).where('name', '=', DUE).execute();
}
