import { join } from 'node:path';
import { type EventStore, openEventStoreDb, SqliteEventStore } from '#event-store';
import { Complaint } from './complaint.js';

/* The only file of the command line that names an adapter. */

export interface StoreOptions {
  readonly dataDir: string;
  readonly eventStoreUrl?: string;
}

/** Opens the store for reading, also beside a running service. Throws a Complaint. */
export async function openEventStore({ dataDir, eventStoreUrl }: StoreOptions): Promise<EventStore> {
  try {
    return eventStoreUrl === undefined
      ? await SqliteEventStore.open({ file: join(dataDir, 'events.db'), readonly: true })
      : await openEventStoreDb({ url: eventStoreUrl });
  } catch (error) {
    throw new Complaint(`The event store cannot be opened: ${error instanceof Error ? error.message : String(error)}`);
  }
}
