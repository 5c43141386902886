import type { Kysely, Transaction } from 'kysely';
import type { Words } from './storage.js';

/** A part of a follower's work: who does it until when, and how far it has come. */
export interface ShardsTable {
  work: string;
  shard: number;
  /** Of how many. */
  shards: number;
  /** Of how many before their number was changed the last time. */
  formerly: number | null;
  owner: string | null;
  /** Grows with every change of hands. */
  token: number;
  lease_until_ms: number;
  position: string | null;
  store_id: string | null;
}

/** What a database needs for leases. */
export interface LeaseTables {
  layouts: { work: string; shards: number };
  shards: ShardsTable;
  members: { work: string; instance: string; seen_until_ms: number };
}

/** A database that has them, or a transaction on it. */
export type Leased<T extends LeaseTables> = Kysely<T> | Transaction<T>;

/** The same, as far as leases are concerned. */
export const leaseTables = <T extends LeaseTables>(db: Leased<T>): Kysely<LeaseTables> =>
  db as unknown as Kysely<LeaseTables>;

/** For a migration. */
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
