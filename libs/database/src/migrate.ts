import { Kysely, type Migration, Migrator, sql } from 'kysely';
import { NewerTables } from './newer.js';
import type { Storage } from './storage.js';

/** Migrations run in the order of their names. A released one is never edited. */
export type Migrations = Readonly<Record<string, Migration>>;

/** Runs slow work on the tables over a connection whose statements may take longer. */
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

/** Brings the tables up to date; several instances may do so at once. Throws NewerTables, or the error of a step. */
export async function migrate<T>(db: Kysely<T>, { schema }: Storage, migrations: Migrations): Promise<void> {
  const provider = { getMigrations: () => Promise.resolve({ ...migrations }) };
  const place = schema === undefined ? {} : { migrationTableSchema: schema };
  const { error } = await new Migrator({ db, provider, ...place }).migrateToLatest();
  if (error === undefined) return;
  if (await hasOthers(db, migrations)) throw new NewerTables();
  throw error instanceof Error ? error : new Error('migration failed', { cause: error });
}

/** True when the database has migrations that this version does not know. */
async function hasOthers<T>(db: Kysely<T>, known: Migrations): Promise<boolean> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`
    .execute(db)
    .catch(() => ({ rows: [] }));
  return rows.some(({ name }) => !(name in known));
}
