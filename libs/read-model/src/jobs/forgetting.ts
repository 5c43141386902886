import type { Db } from '../queries/statements.js';

/**
 * What was made before may tell of whoever is erased: exports are gone, also those under way, and of actions that are over
 * only the counts are left.
 */
export async function forgetFiles(db: Db): Promise<void> {
  await db
    .updateTable('jobs')
    // a step that is in hand finds that it is not the next one any more
    .set((row) => ({ state: 'failed' as const, expires_at: '', parts_done: row('parts_done', '+', 1) }))
    .where('kind', '=', 'export')
    .where('state', '!=', 'receiving')
    .execute();
  await db
    .updateTable('jobs')
    .set({ parameters: '{}', progress: JSON.stringify({ is_forgotten: true }) })
    .where('kind', '=', 'action')
    .where('state', 'in', ['done', 'failed'])
    .execute();
  const under_way = db.selectFrom('jobs').select('id').where('state', 'in', ['receiving', 'open']);
  await db.deleteFrom('job_parts').where('job_id', 'not in', under_way).execute();
}
