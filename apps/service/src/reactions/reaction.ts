import type { CustomerEvent } from '#customer';
import type { Decoded } from '#event-store';
import { Follower } from '#database';
import type { FollowerParts } from '../follower-parts.js';

const BATCH_SIZE_MAX = 1_000;
/** The pause between reads, because reactions share a thread with requests. */
const INTERVAL_MS = 25;

/** A side effect of events that survives a crash. It runs at least once, so it must be idempotent. */
export interface Reaction {
  readonly name: string;
  readonly types: readonly CustomerEvent['type'][];
  handle(decoded: Decoded<CustomerEvent>): Promise<void>;
}

/** Runs one reaction on one instance at a time: in order, from its checkpoint, each event until it succeeds. */
export async function react(reaction: Reaction, given: FollowerParts, signal: AbortSignal): Promise<void> {
  const { config, store, decoder, model, log, metrics } = given;
  const { name, types } = reaction;
  const leases = model.leases({ work: name, ...config.lease, shards: 1 });
  const onError = (error: unknown, tries: number): void => {
    metrics.reactionFailures.inc({ reaction: name });
    log.warn({ err: error, reaction: name, tries }, 'reaction failed, trying again');
  };
  const follower = new Follower(store, leases, {
    batch_size_max: BATCH_SIZE_MAX,
    interval_ms: INTERVAL_MS,
    types,
    onError,
  });
  await follower.run(signal, async ({ events, position }, session) => {
    for (const decoded of await decoder.decode(session.mine(events))) await reaction.handle(decoded);
    if (events.length > 0) await session.commit(model.db, position, () => Promise.resolve());
  });
}
