import type { CustomerEvent } from '#customer';
import { type Decoder, type RecordedEvent, UnreadableEvent } from '#event-store';
import { errorClass, type Incoming } from './projection.js';

/** The part of the decoder that is needed here. */
export type Decoding = Pick<Decoder<CustomerEvent>, 'decode'>;

export const CUSTOMER_STREAMS = 'customer-';

/** Decodes all events together, and one by one after a failure, to find the unreadable ones. */
export async function decodeAll(decoder: Decoding, events: readonly RecordedEvent[]): Promise<readonly Incoming[]> {
  try {
    return await decoder.decode(events);
  } catch (error) {
    if (!(error instanceof UnreadableEvent)) throw error;
    return (await Promise.all(events.map((recorded) => decodeOne(decoder, recorded)))).flat();
  }
}

/** Returns an unreadable event as poison; throws when the key store fails, which is retried later. */
async function decodeOne(decoder: Decoding, recorded: RecordedEvent): Promise<readonly Incoming[]> {
  try {
    return await decoder.decode([recorded]);
  } catch (error) {
    if (!(error instanceof UnreadableEvent)) throw error;
    return [{ recorded, error: errorClass(error.cause) }];
  }
}

/** Groups events by customer id, in order. */
export function byCustomer(incoming: readonly Incoming[]): Map<string, Incoming[]> {
  const customers = new Map<string, Incoming[]>();
  for (const one of incoming) {
    const id = one.recorded.stream.slice(CUSTOMER_STREAMS.length);
    const events = customers.get(id);
    if (events) events.push(one);
    else customers.set(id, [one]);
  }
  return customers;
}
