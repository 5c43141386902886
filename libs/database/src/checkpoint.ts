import { type Leased, type LeaseTables, leaseTables } from './lease-tables.js';

/** The last position that a follower of the event store has processed, and the store that it belongs to. */
export interface Checkpoint {
  readonly position: bigint;
  readonly store_id: string;
}

/** The progress of a follower over all its shards: every shard is at `position` at least, the furthest at `newest`. */
export interface Reached extends Checkpoint {
  readonly newest: bigint;
}

/** Undefined before any shard has a checkpoint; afterwards shards without one count as 0. */
export async function reached<T extends LeaseTables>(db: Leased<T>, work: string): Promise<Reached | undefined> {
  const rows = await leaseTables(db)
    .selectFrom('shards')
    .select(['position', 'store_id'])
    .where('work', '=', work)
    .execute();
  const store_id = rows.find((row) => row.store_id !== null)?.store_id;
  if (store_id == null) return undefined;
  const positions = rows.map(({ position }) => BigInt(position ?? 0));
  const [first = 0n] = positions;
  return {
    position: positions.reduce((least, one) => (one < least ? one : least), first),
    newest: positions.reduce((most, one) => (one > most ? one : most), first),
    store_id,
  };
}
