import { Kysely, type Migration, Migrator } from 'kysely';
import type { Storage, Words } from '../storage.js';
import { start } from './0001-start.js';
import { shards } from './0002-shards.js';
import { segmentLooks } from './0005-segment-looks.js';
import { generations } from './0003-generations.js';
import { orders } from './0004-orders.js';
import { jobs } from './0006-jobs.js';
import { webhooks } from './0007-webhooks.js';
import { flips } from './0008-flips.js';
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
  '0010-activity-objects': activityObjects(words),
});

/** Brings the tables up to date; several instances may do so at once. Throws what the failed step threw. */
export async function migrate<T>(db: Kysely<T>, { words, schema, migrating }: Storage): Promise<void> {
  if (!migrating) return migrateOn(db, words, schema);
  const patient = new Kysely<T>({ dialect: migrating() });
  try {
    await migrateOn(patient, words, schema);
  } finally {
    await patient.destroy();
  }
}

async function migrateOn<T>(db: Kysely<T>, words: Words, schema: string | undefined): Promise<void> {
  const provider = { getMigrations: () => Promise.resolve(migrations(words)) };
  const place = schema === undefined ? {} : { migrationTableSchema: schema };
  const { error } = await new Migrator({ db, provider, ...place }).migrateToLatest();
  if (error !== undefined) throw error instanceof Error ? error : new Error('migration failed', { cause: error });
}
