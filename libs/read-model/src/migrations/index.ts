import { Kysely, type Migration, Migrator, sql } from 'kysely';
import type { Storage, Words } from '../storage.js';
import { start } from './0001-start.js';
import { shards } from './0002-shards.js';
import { segmentLooks } from './0005-segment-looks.js';
import { generations } from './0003-generations.js';
import { orders } from './0004-orders.js';
import { jobs } from './0006-jobs.js';
import { webhooks } from './0007-webhooks.js';
import { flips } from './0008-flips.js';
import { foldVersion } from './0009-fold-version.js';
import { NewerReadModel } from '../newer.js';
import { activityObjects } from './0010-activity-objects.js';

/** Never edited, only added to. */
const migrations = (words: Words): Record<string, Migration> => ({
  '0001-start': start(words),
  '0002-shards': shards(words),
  '0003-generations': generations(words),
  '0004-orders': orders(words),
  '0005-segment-looks': segmentLooks(words),
  '0006-jobs': jobs(words),
  '0007-webhooks': webhooks(words),
  '0008-flips': flips(words),
  '0009-fold-version': foldVersion(words),
  '0010-activity-objects': activityObjects(words),
});

/** Does work on the tables that takes longer than other statements may. */
export async function patiently<T, R>(
  db: Kysely<T>,
  { migrating }: Storage,
  work: (db: Kysely<T>) => Promise<R>,
): Promise<R> {
  if (!migrating) return work(db);
  const patient = new Kysely<T>({ dialect: migrating() });
  try {
    return await work(patient);
  } finally {
    await patient.destroy();
  }
}

/** Brings the tables up to date; several instances may do so at once. Throws NewerReadModel, and what a failed step threw. */
export async function migrate<T>(db: Kysely<T>, { words, schema }: Storage): Promise<void> {
  const known = migrations(words);
  const provider = { getMigrations: () => Promise.resolve(known) };
  const place = schema === undefined ? {} : { migrationTableSchema: schema };
  const { error } = await new Migrator({ db, provider, ...place }).migrateToLatest();
  if (error === undefined) return;
  if (await hasOthers(db, known)) throw new NewerReadModel();
  throw error instanceof Error ? error : new Error('migration failed', { cause: error });
}

/** Whether steps were taken that we do not know. */
async function hasOthers<T>(db: Kysely<T>, known: Readonly<Record<string, Migration>>): Promise<boolean> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`
    .execute(db)
    .catch(() => ({ rows: [] }));
  return rows.some(({ name }) => !(name in known));
}
