import type { CustomerEvent } from '#customer';
import type { Decoder, RecordedEvent } from '#event-store';
import { errorClass, type Incoming } from './projection.js';

export const CUSTOMER_STREAMS = 'customer-';

/** Decodes together, and one by one only when that fails, to find the event that cannot be decoded. */
export async function decodeAll(decoder: Decoder<CustomerEvent>, events: readonly RecordedEvent[]): Promise<readonly Incoming[]> {
  try {
    return await decoder.decode(events);
  } catch {
    const incoming: Incoming[] = [];
    for (const recorded of events) incoming.push(await decodeOne(decoder, recorded));
    return incoming;
  }
}

async function decodeOne(decoder: Decoder<CustomerEvent>, recorded: RecordedEvent): Promise<Incoming> {
  try {
    const [decoded] = await decoder.decode([recorded]);
    return decoded ?? { recorded, error: 'NotDecoded' };
  } catch (error) {
    if (!isPoison(error)) throw error;
    return { recorded, error: errorClass(error) };
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

/** What the event itself is to blame for; a database or system that fails has an error code, and is tried again. */
const isPoison = (error: unknown): boolean => typeof (error as { code?: unknown } | null)?.code !== 'string';
