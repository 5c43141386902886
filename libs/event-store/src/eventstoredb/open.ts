import type { EventStoreDbEventStore, EventStoreDbOptions } from './event-store.js';

/** Loads the client of EventStoreDB with its first use: loading it takes longer than all of our own code, in each thread. */
export async function openEventStoreDb(options: EventStoreDbOptions): Promise<EventStoreDbEventStore> {
  const { EventStoreDbEventStore: Store } = await import('./event-store.js');
  return Store.open(options);
}
