import type { Db } from '../queries/statements.js';

/**
 * Files that were made before may tell of whoever is erased: nothing is left of those that are finished, and exports
 * that are under way fail.
 */
export async function forgetFiles(db: Db): Promise<void> {
  await db
    .updateTable('jobs')
    // a step that is in hand finds that it is not the next one any more
    .set((row) => ({ state: 'failed' as const, parts_done: row('parts_done', '+', 1) }))
    .where('kind', '=', 'export')
    .where('state', '=', 'open')
    .execute();
  const under_way = db.selectFrom('jobs').select('id').where('state', 'in', ['receiving', 'open']);
  await db.deleteFrom('job_parts').where('job_id', 'not in', under_way).execute();
  await db.updateTable('jobs').set({ expires_at: '' }).where('id', 'not in', under_way).execute();
}
