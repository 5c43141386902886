import { type Kysely, type Migration, type MigrationProvider, Migrator } from 'kysely';
import { start } from './0001-start.js';
import { shards } from './0002-shards.js';

/** Never edited, only added to. */
const migrations: Record<string, Migration> = { '0001-start': start, '0002-shards': shards };

const provider: MigrationProvider = { getMigrations: () => Promise.resolve(migrations) };

/** Brings the tables up to date. Throws what the failed step threw. */
export async function migrate<T>(db: Kysely<T>): Promise<void> {
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  if (error !== undefined) throw error instanceof Error ? error : new Error('migration failed', { cause: error });
}
