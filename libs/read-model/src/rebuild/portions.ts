import type { EventStore, Position, RecordedEvent } from '#event-store';
import type { ByCustomer } from '../projecting/batch.js';
import { byCustomer, CUSTOMER_STREAMS, type Decoding, decodeAll } from '../projecting/incoming.js';
import type { Incoming } from '../projecting/projection.js';

/** A stretch of the history, grouped by customer. */
export interface Stretch {
  readonly portions: readonly ByCustomer[];
  /** The number of its customer events. */
  readonly events: number;
  /** The position of its last event. */
  readonly position: Position;
  /** True when no event came after it at the time of reading. */
  readonly isEnd: boolean;
}

/** A larger batch writes fewer rows twice; a smaller transaction is shorter. */
export interface Sizes {
  readonly batch_size_max: number;
  readonly transaction_size_max: number;
}

/** Reads the stretch after a position; undefined at the end of the history. */
export async function readOn(
  store: Pick<EventStore, 'readAll'>,
  decoder: Decoding,
  after: Position | undefined,
  { batch_size_max, transaction_size_max }: Sizes,
): Promise<Stretch | undefined> {
  const events: RecordedEvent[] = [];
  for await (const event of store.readAll(after, batch_size_max)) events.push(event);
  const last = events.at(-1);
  if (last === undefined) return undefined;
  const own = events.filter(({ stream }) => stream.startsWith(CUSTOMER_STREAMS));
  const portions = divided(byCustomer(await decodeAll(decoder, own)), transaction_size_max);
  return { portions, events: own.length, position: last.position, isEnd: events.length < batch_size_max };
}

/** Splits customers into portions of about `events_max` events; each customer stays whole. */
function divided(incoming: ByCustomer, events_max: number): ByCustomer[] {
  const parts: Map<string, readonly Incoming[]>[] = [];
  let events = events_max;
  for (const [id, own] of incoming) {
    if (events >= events_max) {
      parts.push(new Map());
      events = 0;
    }
    parts.at(-1)?.set(id, own);
    events += own.length;
  }
  return parts;
}
