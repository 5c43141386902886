import type { Position } from '#event-store';
import { type Db, lookUp, remove, upsert } from '../statements.js';
import type { Incoming, Poison } from './projection.js';
import type { ParkedTable } from '../schema.js';

const COLUMNS = ['customer_id', 'position', 'skipped_to', 'error'] as const;
const load = lookUp('parked', ['customer_id'], COLUMNS);
const save = upsert('parked', ['customer_id'], COLUMNS);
const removal = remove('parked', 'customer_id');

/** A customer whose events wait, because one of them cannot be projected. */
export interface Parked {
  readonly customer_id: string;
  readonly position: Position;
  /** The last skipped event. */
  readonly skipped_to: Position;
  /** Class of the error. */
  readonly error: string;
}

export async function loadParked(db: Db, ids: readonly string[]): Promise<Map<string, Parked>> {
  const rows = await load(
    db,
    ids.map((id) => [id]),
  );
  return new Map(rows.map((row) => [row.customer_id, parkedOf(row)]));
}

const parkedOf = (row: ParkedTable): Parked => ({
  ...row,
  position: BigInt(row.position),
  skipped_to: BigInt(row.skipped_to),
});

export async function park(db: Db, parked: readonly Parked[]): Promise<void> {
  await save(
    db,
    parked.map((one) => [one.customer_id, String(one.position), String(one.skipped_to), one.error]),
  );
}

export async function unpark(db: Db, customerId: string): Promise<void> {
  await removal(db, [[customerId]]);
}

/** Parks a customer by this event, along with all later ones. */
export function parkedBy(customerId: string, { recorded, error }: Poison, incoming: readonly Incoming[]): Parked {
  return { customer_id: customerId, position: recorded.position, skipped_to: newest(incoming), error };
}

export const newest = (incoming: readonly Incoming[]): Position => incoming.at(-1)?.recorded.position ?? -1n;

export async function countParked(db: Db): Promise<number> {
  const query = db.selectFrom('parked').select((row) => row.fn.countAll<number>().as('customers'));
  return Number((await query.executeTakeFirstOrThrow()).customers);
}

/** Lists the first parked customers by id. */
export async function listParked(db: Db, limit: number): Promise<readonly Parked[]> {
  const rows = await db.selectFrom('parked').selectAll().orderBy('customer_id').limit(limit).execute();
  return rows.map(parkedOf);
}
