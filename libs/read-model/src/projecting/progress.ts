import type { EventBatch, EventStore, Position } from '#event-store';
import type { BatchOutcome } from './batch.js';
import { countParked } from './parked.js';
import type { Db } from '../statements.js';

/** The outcome of a batch, and the projector's lag after it. */
export interface Progress extends BatchOutcome {
  /** The position up to which the shards of this projector are complete. */
  readonly position: Position;
  /** True when it holds all shards. */
  readonly is_whole: boolean;
  /** The number of shards that it holds. */
  readonly shards: number;
  readonly duration_ms: number;
  readonly parked_customers: number;
  /** Distance to the newest event in the store's positions: at least the number of events still to come. */
  readonly lag_events: number;
  /** Age of the newest projected event while newer ones exist, else 0: at least that of the oldest unprojected one. */
  readonly lag_ms: number;
  readonly caught_up: boolean;
}

type Done = BatchOutcome & Pick<Progress, 'position' | 'is_whole' | 'shards' | 'duration_ms'>;

export async function progressAfter(
  batch: EventBatch,
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
