import { type Leased, type LeaseTables, leaseTables } from './lease-tables.js';

/** How far a follower of the event store has come, and in which store. */
export interface Checkpoint {
  readonly position: bigint;
  readonly store_id: string;
}

/** What a follower as a whole has reached: every shard is at `position` at least, one of them at `newest`. */
export interface Reached extends Checkpoint {
  readonly newest: bigint;
}

/** Undefined before anything was taken in; shards that have not begun count as 0. */
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
