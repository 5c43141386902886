import { Follower, Purge, type LeaseOptions, type LeaseSession } from '#database';
import type { EventBatch, EventStore } from '#event-store';
import { backoff_ms, sleep } from '#flow';
import { FORGET_FILES, forgetFiles, type Operations } from '#operations';
import { PROJECTOR, type ReadModel } from '#read-model';

const BATCH_SIZE_MAX = 1_000;
const INTERVAL_MS = 25;
const POLLS = { first_ms: 5, last_ms: 250 };

export interface ForgettingParts {
  readonly operations: Operations;
  readonly model: Pick<ReadModel, 'reached'>;
  readonly store: Pick<EventStore, 'follow' | 'identity'>;
}

/**
 * Deletes files that may contain data of an erased customer, after the rows, on one instance at a time. The deletion
 * commits with the checkpoint, so it runs once for each erasure, also after a crash.
 */
export class Forgetting {
  private readonly purge: Purge;

  constructor(
    private readonly parts: ForgettingParts,
    private readonly lease: Pick<LeaseOptions, 'instance' | 'lease_ms'>,
    private readonly onError: (error: unknown) => void,
  ) {
    this.purge = new Purge(parts.operations, onError);
  }

  /** Runs until the signal aborts. Throws WrongStore. */
  async run(signal: AbortSignal): Promise<void> {
    const { operations, store } = this.parts;
    const leases = operations.leases({ ...this.lease, work: FORGET_FILES, shards: 1 });
    const follower = new Follower(store, leases, {
      batch_size_max: BATCH_SIZE_MAX,
      interval_ms: INTERVAL_MS,
      types: ['CustomerErased'],
      onError: this.onError,
    });
    try {
      // an instance may have died between the commit and the purge
      await this.purge.purgeIfDue().catch(this.onError);
      await follower.run(signal, (batch, session) => this.take(batch, session, signal));
    } finally {
      this.purge.stop();
    }
  }

  private async take({ events, position }: EventBatch, session: LeaseSession, signal: AbortSignal): Promise<void> {
    const erased = events.at(-1);
    // an export that starts before the rows are deleted would contain the customer again
    if (!erased || !(await this.projected(erased.position, signal))) return;
    await session.commit(this.parts.operations.db, position, (tx) => forgetFiles(tx));
    await this.purge.purgeIfDue();
  }

  /** Resolves true once the rows show everything up to a position, false when the signal aborts before. */
  private async projected(position: bigint, signal: AbortSignal): Promise<boolean> {
    for (let polls = 1; !signal.aborted; polls++) {
      const { position: reached = -1n } = (await this.parts.model.reached(PROJECTOR)) ?? {};
      if (reached >= position) return true;
      await sleep(backoff_ms(polls, POLLS), signal);
    }
    return false;
  }
}
