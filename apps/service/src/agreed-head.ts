import type { EventStore } from '#event-store';
import { PROJECTOR, type ReadModel } from '#read-model';
import { placeOfReadModel } from './adapters.js';
import { type Config, ConfigError } from './config.js';

/** The end of the history. Throws ConfigError when the read model has seen another one, or more of it than there is. */
export async function agreedHead(
  config: Config,
  store: Pick<EventStore, 'head' | 'identity'>,
  model: Pick<ReadModel, 'reached'>,
): Promise<bigint> {
  // in this order: other instances append and project meanwhile
  const seen = await model.reached(PROJECTOR);
  const head = await store.head();
  if (seen && (seen.newest > head || seen.store_id !== (await store.identity()))) {
    const rows = placeOfReadModel(config);
    throw new ConfigError(
      `Settings: ${rows} was made from another history than the event store has: put the right one back, or empty ${rows}`,
    );
  }
  return head;
}
