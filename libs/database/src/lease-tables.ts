import type { Kysely, Transaction } from 'kysely';
import type { LeaseColumns } from './lease.js';
import type { Words } from './storage.js';

/** A part of a follower's work, with its lease and its checkpoint. */
export interface ShardsTable extends LeaseColumns {
  work: string;
  shard: number;
  /** The total number of shards. */
  shards: number;
  /** The total number before it was last changed. */
  formerly: number | null;
  position: string | null;
  store_id: string | null;
}

/** The tables that leases need. */
export interface LeaseTables {
  layouts: { work: string; shards: number };
  shards: ShardsTable;
  members: { work: string; instance: string; seen_until_ms: number };
}

/** A database with these tables, or a transaction on it. */
export type Leased<T extends LeaseTables> = Kysely<T> | Transaction<T>;

/** Narrows a database to the tables of leases. */
export const leaseTables = <T extends LeaseTables>(db: Leased<T>): Kysely<LeaseTables> =>
  db as unknown as Kysely<LeaseTables>;

/** Called by the migrations of each library whose tables have leases. */
export async function createLeaseTables(db: Kysely<unknown>, words: Words): Promise<void> {
  await db.schema
    .createTable('layouts')
    .addColumn('work', words.text, (column) => column.primaryKey().notNull())
    .addColumn('shards', 'integer', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('shards')
    .addColumn('work', words.text, (column) => column.notNull())
    .addColumn('shard', 'integer', (column) => column.notNull())
    .addColumn('shards', 'integer', (column) => column.notNull())
    .addColumn('formerly', 'integer')
    .addColumn('owner', words.text)
    .addColumn('token', 'bigint', (column) => column.notNull())
    .addColumn('lease_until_ms', 'bigint', (column) => column.notNull())
    .addColumn('position', words.text)
    .addColumn('store_id', words.text)
    .addPrimaryKeyConstraint('shards_key', ['work', 'shard'])
    .execute();
  await db.schema
    .createTable('members')
    .addColumn('work', words.text, (column) => column.notNull())
    .addColumn('instance', words.text, (column) => column.notNull())
    .addColumn('seen_until_ms', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('members_key', ['work', 'instance'])
    .execute();
}
