import { Follower, Purge, type LeaseOptions, type Tenure } from '#database';
import type { Batch, EventStore } from '#event-store';
import { backoff_ms, sleep } from '#flow';
import { FORGET_FILES, forgetFiles, type Operations } from '#operations';
import { PROJECTOR, type ReadModel } from '#read-model';

const BATCH_SIZE_MAX = 1_000;
const INTERVAL_MS = 25;
const LOOKS = { first_ms: 5, last_ms: 250 };

export interface ForgettingParts {
  readonly operations: Operations;
  readonly model: Pick<ReadModel, 'reached'>;
  readonly store: Pick<EventStore, 'follow' | 'identity'>;
}

/**
 * Files may tell of a customer who is erased: they are deleted as soon as the rows are, on one instance at a time. The
 * checkpoint moves with it, so every erasure is followed by it once, whatever ends in between.
 */
export class Forgetting {
  private readonly purge: Purge;

  constructor(
    private readonly parts: ForgettingParts,
    private readonly lease: Pick<LeaseOptions, 'instance' | 'lease_ms'>,
    private readonly onTrouble: (error: unknown) => void,
  ) {
    this.purge = new Purge(parts.operations, onTrouble);
  }

  /** Until the signal aborts. Throws WrongStore. */
  async run(signal: AbortSignal): Promise<void> {
    const { operations, store } = this.parts;
    const leases = operations.leases({ ...this.lease, work: FORGET_FILES, shards: 1 });
    const follower = new Follower(store, leases, {
      batch_size_max: BATCH_SIZE_MAX,
      interval_ms: INTERVAL_MS,
      types: ['CustomerErased'],
      onTrouble: this.onTrouble,
    });
    try {
      // one that died between the two left this to its successor
      await this.purge.settle().catch(this.onTrouble);
      await follower.run(signal, (batch, tenure) => this.take(batch, tenure, signal));
    } finally {
      this.purge.stop();
    }
  }

  private async take({ events, position }: Batch, tenure: Tenure, signal: AbortSignal): Promise<void> {
    const erased = events.at(-1);
    // an export that begins while the rows are still there would tell of the customer again
    if (!erased || !(await this.projected(erased.position, signal))) return;
    await tenure.commit(this.parts.operations.db, position, (tx) => forgetFiles(tx));
    await this.purge.settle();
  }

  /** True as soon as the rows show everything up to a position; false when the signal aborts before. */
  private async projected(position: bigint, signal: AbortSignal): Promise<boolean> {
    for (let looks = 1; !signal.aborted; looks++) {
      const { position: reached = -1n } = (await this.parts.model.reached(PROJECTOR)) ?? {};
      if (reached >= position) return true;
      await sleep(backoff_ms(looks, LOOKS), signal);
    }
    return false;
  }
}
