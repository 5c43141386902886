import type { EventStore } from '#event-store';
import { FORGET_FILES, type Operations, WEBHOOKS } from '#operations';
import { PROJECTOR, type ReadModel } from '#read-model';
import { placeOfOperations, placeOfReadModel } from './adapters.js';
import { type Config, ConfigError } from './config.js';

/** The head of the history. Throws ConfigError when a database belongs to another history, or is ahead of this one. */
export async function agreedHead(
  config: Config,
  store: Pick<EventStore, 'head' | 'identity'>,
  model: Pick<ReadModel, 'reached'>,
  operations: Pick<Operations, 'reached'>,
): Promise<bigint> {
  // databases first, because other instances append and project meanwhile
  const rows = await model.reached(PROJECTOR);
  const records = [await operations.reached(FORGET_FILES), await operations.reached(WEBHOOKS)];
  const head = await store.head();
  const identity = await store.identity();
  const isOther = (seen: Awaited<ReturnType<ReadModel['reached']>>): boolean =>
    seen !== undefined && (seen.newest > head || seen.store_id !== identity);
  if (isOther(rows)) {
    const place = placeOfReadModel(config);
    throw new ConfigError(
      `Settings: ${place} was built from another history than that of the event store: restore the right one, or empty ${place}`,
    );
  }
  if (records.some(isOther))
    throw new ConfigError(
      `Settings: ${placeOfOperations(config)} belongs to another history than that of the event store: restore the right one, or an earlier backup`,
    );
  return head;
}
