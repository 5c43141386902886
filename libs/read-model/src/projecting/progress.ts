import type { Batch, EventStore, Position } from '#event-store';
import type { Outcome } from './batch.js';
import { countParked } from './parked.js';
import type { Db } from '../statements.js';

/** What became of a batch, and how far behind the projector is after it. */
export interface Progress extends Outcome {
  /** Everything up to here can be read, of the shards that this projector holds. */
  readonly position: Position;
  /** Whether it holds all of them. */
  readonly is_whole: boolean;
  /** How many it holds. */
  readonly shards: number;
  readonly duration_ms: number;
  readonly parked_customers: number;
  /** Distance to the newest event in the store's positions: at least the number of events that are to come. */
  readonly lag_events: number;
  /** Age of the newest projected event while there are newer ones, else 0: at least the age of the oldest to come. */
  readonly lag_ms: number;
  readonly caught_up: boolean;
}

type Done = Outcome & Pick<Progress, 'position' | 'is_whole' | 'shards' | 'duration_ms'>;

export async function progressAfter(
  batch: Batch,
  done: Done,
  store: Pick<EventStore, 'head'>,
  db: Db,
  now_ms: number,
): Promise<Progress> {
  const parked_customers = await countParked(db);
  const head = await store.head();
  const caught_up = done.position >= head;
  const recorded_at = batch.events.at(-1)?.metadata['recorded_at'];
  const lag_ms = caught_up || typeof recorded_at !== 'string' ? 0 : Math.max(0, now_ms - Date.parse(recorded_at));
  return { ...done, parked_customers, lag_events: caught_up ? 0 : Number(head - done.position), lag_ms, caught_up };
}
