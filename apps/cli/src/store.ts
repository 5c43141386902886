import type { Command } from 'commander';
import { type BadRecord, LedgerWalk } from '#audit';
import type { EventStore } from '#event-store';
import { openEventStore, type StoreOptions } from './adapters.js';
import { Complaint } from './complaint.js';
import { causeOf } from './ledger-client.js';
import { progressOf } from './progress.js';

/** The options that select the event store, which is read without the service and without keys. */
export const stored = (command: Command): Command =>
  command
    .option('--data-dir <folder>', 'folder of the embedded store (DATA_DIR)', process.env['DATA_DIR'] ?? './data')
    .option('--event-store-url <url>', 'EventStoreDB (EVENT_STORE_URL)', process.env['EVENT_STORE_URL']);

/** Opens the event store for reading, also beside a running service. Throws a Complaint, also for a damaged store. */
export async function withStore<T>(options: StoreOptions, use: (store: EventStore) => Promise<T>): Promise<T> {
  const store = await openEventStore(options);
  try {
    return await use(store);
  } catch (error) {
    if (error instanceof Complaint) throw error;
    throw new Complaint(`The event store cannot be read: ${causeOf(error)}`);
  } finally {
    await store.close();
  }
}

export interface Walked {
  readonly walk: LedgerWalk;
  /** The first bad records. */
  readonly bad: readonly BadRecord[];
  readonly bad_total: number;
}

/** The number of listed bad records; all are counted. */
const BAD_MAX = 10_000;

/** Recomputes every chain of a store and compares it with the view of readers; calls `at` once at `position`. */
export async function walkStore(store: EventStore, position: bigint, at: (walk: LedgerWalk) => void): Promise<Walked> {
  const walk = new LedgerWalk();
  const progress = progressOf('events', Number(await store.head()), 0, process.stderr);
  const bad: BadRecord[] = [];
  let [bad_total, seen, isBeyond] = [0, 0n, false];
  const note = (found: BadRecord): void => void (++bad_total <= BAD_MAX && bad.push(found));
  try {
    for await (const event of store.readAll()) {
      if (!isBeyond && event.position > position) {
        isBeyond = true;
        at(walk);
      }
      const found = walk.take(event);
      if (found) note(found);
      progress.advance(Number(event.position - seen));
      seen = event.position;
    }
    if (!isBeyond) at(walk);
    for await (const found of walk.hidden(store)) note(found);
  } finally {
    progress.stop();
  }
  return { walk, bad, bad_total };
}
