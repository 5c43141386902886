import type { EventStore, Position, RecordedEvent } from '#event-store';
import { takeIn } from './batch.js';
import { byCustomer, CUSTOMER_STREAMS, type Decoding, decodeAll } from './incoming.js';
import { loadParked, newest, unpark } from './parked.js';
import type { Leases } from './leases.js';
import type { ReadModel } from './read-model.js';
import type { Db } from './queries/statements.js';
import { loadStored, removeCustomer } from './rows.js';

const ATTEMPTS_MAX = 5;

/**
 * Folds a customer again from the whole stream, parked or not; false when an event still cannot be taken in. Safe beside
 * a running projector: events that it left out meanwhile are read in another attempt. Throws when that never ends.
 */
export async function redrive(
  model: ReadModel,
  store: Pick<EventStore, 'read'>,
  decoder: Decoding,
  customerId: string,
  leases: Leases,
): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const events: RecordedEvent[] = [];
    for await (const event of store.read(CUSTOMER_STREAMS + customerId)) events.push(event);
    const incoming = byCustomer(await decodeAll(decoder, events));
    const outcome = await model.db.transaction().execute(async (tx) => {
      await leases.lock(tx, customerId);
      if ((await seenUpTo(tx, customerId)) > newest(incoming.get(customerId) ?? [])) return undefined;
      await unpark(tx, customerId);
      await removeCustomer(tx, customerId);
      return takeIn(tx, incoming);
    });
    if (outcome) return outcome.parked === 0;
  }
  throw new Error(`customer ${customerId} is written to faster than it can be read`);
}

/** The newest event of a customer that a projector has had in its hands. */
async function seenUpTo(db: Db, customerId: string): Promise<Position> {
  const skipped_to = (await loadParked(db, [customerId])).get(customerId)?.skipped_to ?? -1n;
  const position = (await loadStored(db, [customerId])).get(customerId)?.position ?? -1n;
  return skipped_to > position ? skipped_to : position;
}
