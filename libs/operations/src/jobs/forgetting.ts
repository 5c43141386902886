import { notePurge } from '../purge.js';
import type { Db } from '../schema.js';

/** The work of the follower that does it: its checkpoint says up to which erasure files have been deleted. */
export const FORGET_FILES = 'forget-files';

/** Filters and cursors of exports may tell of a customer as well. */
const NOTHING = { parameters: '{}', progress: '{}' };

/**
 * What was made before may tell of a customer who is erased: exports are gone, also those under way, and of actions that
 * are over only the counts are left. As part of the caller's transaction; the rows of the customer must be gone already.
 */
export async function forgetFiles(db: Db): Promise<void> {
  await db
    .updateTable('jobs')
    // a step that is in hand finds that it is not the next one any more
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
