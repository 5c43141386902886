import type { EventStore, Position, RecordedEvent } from '#event-store';
import type { Leases } from '#database';
import { takeIn } from './batch.js';
import { byCustomer, CUSTOMER_STREAMS, type Decoding, decodeAll } from './incoming.js';
import { loadParked, newest, unpark } from './parked.js';
import type { Incoming } from './projection.js';
import { evaluateAgain } from '../segments/evaluations.js';
import type { ReadModel } from '../read-model.js';
import type { Db } from '../statements.js';
import { differingPaths, foldAfresh, loadRows } from './whole-rows.js';
import { loadStored, removeCustomer } from './rows.js';

const ATTEMPTS_MAX = 5;

/** The result of folding a customer again from its whole stream, beside a running projector. */
export interface Redriven {
  /** The paths at which the rows differed from a fold of the projected events. */
  readonly paths: readonly string[];
  /** The revision of the former rows; -1 when there were none. */
  readonly revision: number;
  readonly events: number;
  /** True when an event still cannot be projected. */
  readonly isParked: boolean;
  /** True when the customer is erased: files made while the rows were wrong may hold its data. */
  readonly isErased: boolean;
}

interface Comparison extends Redriven {
  /** True when the rows contain events that are missing from the history or cannot be projected. */
  readonly isLost: boolean;
}

/** The dependencies of `redrive`. */
export interface Redriving {
  readonly model: ReadModel;
  readonly store: Pick<EventStore, 'read'>;
  readonly decoder: Decoding;
  /** The projector's leases, which keep projectors from writing the customer meanwhile. */
  readonly leases: Leases;
}

/**
 * Compares a customer's rows with a fresh fold, and rewrites them when they differ or are parked; `check` only
 * compares. Rows with more events than can be read now stay, because they may be the only copy. When the projector adds
 * events meanwhile, another attempt reads them. Throws after too many attempts.
 */
export async function redrive(
  parts: Redriving,
  customerId: string,
  mode: 'mend' | 'check' = 'mend',
): Promise<Redriven> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const events: RecordedEvent[] = [];
    for await (const event of parts.store.read(CUSTOMER_STREAMS + customerId)) events.push(event);
    const incoming = byCustomer(await decodeAll(parts.decoder, events)).get(customerId) ?? [];
    const done = await parts.model.db.transaction().execute(async (tx) => {
      const projected_to = await parts.leases.lock(tx, customerId);
      const seen = await seenUpTo(tx, customerId);
      // rows without any recorded event are no reason to read again
      const isShort = incoming.length > 0 && seen > newest(incoming);
      if (isShort && (await endOf(parts.store, customerId)) >= seen) return undefined;
      const found = await compare(tx, customerId, { incoming, isShort, to: seen > projected_to ? seen : projected_to });
      if (mode === 'check' || found.isLost || (found.paths.length === 0 && !found.isParked)) return found;
      await unpark(tx, customerId);
      await removeCustomer(tx, customerId);
      const { parked } = await takeIn(tx, new Map([[customerId, incoming]]));
      await evaluateAgain(tx, [customerId]);
      return { ...found, isParked: parked > 0 };
    });
    if (done) return done;
  }
  throw new Error(`customer ${customerId} is written to faster than it can be read`);
}

interface Known {
  readonly incoming: readonly Incoming[];
  /** True when the history ends before the projected events. */
  readonly isShort: boolean;
  readonly to: Position;
}

/** Compares the rows with a fold of the events up to a position. */
async function compare(db: Db, id: string, { incoming, isShort, to }: Known): Promise<Comparison> {
  const rows = (await loadRows(db, [id])).get(id);
  const due = incoming.filter(({ recorded }) => recorded.position <= to);
  const revision = (rows?.customers[0]?.['revision'] as number | undefined) ?? -1;
  const fresh = foldAfresh(id, due);
  const reached = (fresh.customers[0]?.['revision'] as number | undefined) ?? -1;
  const isLost = reached < revision && (isShort || reached < due.length - 1);
  const isParked = isLost || (await loadParked(db, [id])).size > 0;
  const isErased = fresh.customers[0]?.['status'] === 'erased';
  return { paths: differingPaths(rows, fresh), revision, events: incoming.length, isParked, isErased, isLost };
}

/** The position of the customer's last event. */
async function endOf(store: Redriving['store'], customerId: string): Promise<Position> {
  let end = -1n;
  const last = store.read(CUSTOMER_STREAMS + customerId, { direction: 'backwards', limit: 1 });
  for await (const { position } of last) end = position;
  return end;
}

/** The position of the newest event that a projector has folded or skipped. */
async function seenUpTo(db: Db, customerId: string): Promise<Position> {
  const skipped_to = (await loadParked(db, [customerId])).get(customerId)?.skipped_to ?? -1n;
  const position = (await loadStored(db, [customerId])).get(customerId)?.position ?? -1n;
  return skipped_to > position ? skipped_to : position;
}
