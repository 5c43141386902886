import type { EventStore, Position, RecordedEvent } from '#event-store';
import type { ByCustomer } from '../projecting/batch.js';
import { byCustomer, CUSTOMER_STREAMS, type Decoding, decodeAll } from '../projecting/incoming.js';
import type { Incoming } from '../projecting/projection.js';

/** A stretch of the history, sorted by customer. */
export interface Stretch {
  readonly portions: readonly ByCustomer[];
  /** Events of customers in it. */
  readonly events: number;
  /** Where it ends. */
  readonly position: Position;
  /** Whether nothing came after it when it was read. */
  readonly isEnd: boolean;
}

/** Events read and sorted at a time: the more, the fewer rows are written twice. Events together in a portion: the fewer, the shorter its transaction. */
export interface Sizes {
  readonly batch_size_max: number;
  readonly transaction_size_max: number;
}

/** What comes after a position; undefined when nothing does. */
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

/** Customers, none of them divided, with about so many events together. */
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
