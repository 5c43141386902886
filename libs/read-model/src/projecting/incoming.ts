import type { CustomerEvent } from '#customer';
import { type Decoder, type RecordedEvent, UnreadableEvent } from '#event-store';
import { errorClass, type Incoming } from './projection.js';

/** All that is needed of a decoder. */
export type Decoding = Pick<Decoder<CustomerEvent>, 'decode'>;

export const CUSTOMER_STREAMS = 'customer-';

/** Decodes together, and one by one only when that fails, to find the events that cannot be read. */
export async function decodeAll(decoder: Decoding, events: readonly RecordedEvent[]): Promise<readonly Incoming[]> {
  try {
    return await decoder.decode(events);
  } catch (error) {
    if (!(error instanceof UnreadableEvent)) throw error;
    return (await Promise.all(events.map((recorded) => decodeOne(decoder, recorded)))).flat();
  }
}

/** An event that cannot be read is poison; a key store that fails is not, and is asked again later. */
async function decodeOne(decoder: Decoding, recorded: RecordedEvent): Promise<readonly Incoming[]> {
  try {
    return await decoder.decode([recorded]);
  } catch (error) {
    if (!(error instanceof UnreadableEvent)) throw error;
    return [{ recorded, error: errorClass(error.cause) }];
  }
}

/** Events by customer id, each customer's in order. */
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
