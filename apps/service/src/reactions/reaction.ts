import { setTimeout as sleep } from 'node:timers/promises';
import type { CustomerEvent } from '#customer';
import type { Decoded, Decoder, EventStore } from '#event-store';
import { CUSTOMER_STREAMS } from '../commands/customer-streams.js';
import type { Log } from '../ops/log.js';
import type { Metrics } from '../ops/metrics.js';

const RETRY_MS_MAX = 30_000;
const BATCH_SIZE_MAX = 1_000;
/** Reactions share a thread with the requests, so they look at the log only this often. */
const INTERVAL_MS = 25;

/** Something that follows from events and must survive a crash: handled at least once, so it has to be idempotent. */
export interface Reaction {
  readonly name: string;
  readonly types: readonly CustomerEvent['type'][];
  handle(decoded: Decoded<CustomerEvent>): Promise<void>;
}

/** Where a reaction has got to, kept beside the read model. */
export interface Checkpoints {
  load(name: string): Promise<bigint | undefined>;
  save(name: string, position: bigint): Promise<void>;
}

/** Follows the event store for one reaction: in order, from its checkpoint, each event until it succeeds. */
export async function react(
  reaction: Reaction,
  parts: { store: EventStore; decoder: Decoder<CustomerEvent>; checkpoints: Checkpoints; log: Log; metrics: Metrics },
  signal: AbortSignal,
): Promise<void> {
  const { store, decoder, checkpoints, log, metrics } = parts;
  for (let tries = 0; !signal.aborted; tries++) {
    try {
      const after = await checkpoints.load(reaction.name);
      for await (const batch of store.follow(after, {
        prefixes: [CUSTOMER_STREAMS],
        types: reaction.types,
        batch_size_max: BATCH_SIZE_MAX,
        signal,
      })) {
        for (const decoded of await decoder.decode(batch.events)) await reaction.handle(decoded);
        if (batch.events.length > 0) await checkpoints.save(reaction.name, batch.position);
        tries = 0;
        await sleep(INTERVAL_MS, undefined, { signal });
      }
    } catch (error) {
      if (signal.aborted) return;
      metrics.reactionFailures.inc({ reaction: reaction.name });
      log.warn({ err: error, reaction: reaction.name, tries }, 'reaction failed, trying again');
      await sleep(Math.min(RETRY_MS_MAX, 100 * 2 ** Math.min(tries, 10)) * (0.5 + Math.random() / 2), undefined, {
        signal,
      }).catch(() => undefined);
    }
  }
}
