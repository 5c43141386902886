import { notePurge } from '../purge.js';
import type { Db } from '../schema.js';

/** The follower's name; its checkpoint says up to which erasure files have been deleted. */
export const FORGET_FILES = 'forget-files';

/** Filters and cursors of exports may hold personal data as well. */
const NOTHING = { parameters: '{}', progress: '{}' };

/**
 * Earlier files may hold data of an erased customer: deletes all exports, also those under way, and all of a finished
 * action except its counts. Runs in the caller's transaction; the rows of the customer must be gone already.
 */
export async function forgetFiles(db: Db): Promise<void> {
  await db
    .updateTable('jobs')
    // so that a step under way finds that it is no longer the next one
    .set((row) => ({ state: 'failed' as const, expires_at: '', parts_done: row('parts_done', '+', 1), ...NOTHING }))
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
  await notePurge(db);
}
