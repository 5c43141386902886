import type { EventBatch, EventStore } from '#event-store';
import { Follower, type LeaseOptions, type Leases, Purge, type LeaseSession } from '#database';
import { type BatchOutcome, takeIn } from './batch.js';
import { byCustomer, type Decoding, decodeAll } from './incoming.js';
import type { Judge } from '../segments/evaluations.js';
import { type Progress, progressAfter } from './progress.js';
import type { ReadModel } from '../read-model.js';
import { redrive } from './redrive.js';
import { PROJECTOR } from './work.js';

export interface ProjectorOptions extends Partial<Omit<LeaseOptions, 'work'>> {
  /** Events per transaction; 500 to 2,000 are fast. */
  readonly batch_size_max?: number;
  /** Small batches come at least this far apart, so that events collect into fewer transactions. */
  readonly interval_ms?: number;
  /** Called after each batch, once it is committed. */
  readonly onBatch?: (progress: Progress) => void;
  /** Called before another attempt; `tries` counts the failures in a row. */
  readonly onError?: (error: unknown, tries: number) => void;
  readonly clock?: () => number;
  /** Schedules evaluations of segments after changes; without it no segment is evaluated. */
  readonly judge?: Judge;
}

/** The part of the event store that the projector needs. */
export type Source = Pick<EventStore, 'follow' | 'read' | 'head' | 'identity'>;

const BATCH_SIZE_MAX = 1_000;

/** Keeps the read model of its shards up to date: one transaction per batch, its checkpoints included. */
export class Projector {
  private readonly leases: Leases;
  private readonly follower: Follower;
  private readonly purge: Purge;
  private session: LeaseSession | undefined;

  constructor(
    private readonly model: ReadModel,
    private readonly store: Source,
    private readonly decoder: Decoding,
    private readonly options: ProjectorOptions = {},
  ) {
    const { batch_size_max = BATCH_SIZE_MAX, interval_ms, onError } = options;
    this.leases = model.leases({ work: PROJECTOR, instance: 'only', shards: 1, ...options });
    this.follower = new Follower(store, this.leases, {
      batch_size_max,
      ...(interval_ms !== undefined && { interval_ms }),
      ...(onError && { onError }),
    });
    this.purge = new Purge(model, (error) => this.options.onError?.(error, 1));
  }

  /** Runs until the signal aborts, and retries failures after growing pauses. Throws WrongStore. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      // a predecessor may have died between an erasure and its purge
      await this.purge.purgeIfDue().catch((error: unknown) => this.options.onError?.(error, 1));
      await this.follower.run(signal, async (batch, session) => void (await this.take(batch, session)));
    } finally {
      this.purge.stop();
    }
  }

  /** Takes its fair share of the free shards, for `step`. Throws WrongStore. */
  async attach(): Promise<void> {
    this.session = await this.follower.begin();
    await this.purge.purgeIfDue();
  }

  /** Projects one batch, as a whole or not at all. Throws Fenced. */
  async step(batch: EventBatch): Promise<Progress> {
    if (this.session === undefined) await this.attach();
    return this.take(batch, this.session as LeaseSession);
  }

  /** Folds a parked customer again from its whole stream; false when it is parked again. */
  async redrive(customerId: string): Promise<boolean> {
    const { model, store, decoder, leases } = this;
    const { isParked } = await redrive({ model, store, decoder, leases }, customerId);
    await this.purge.purgeIfDue();
    return !isParked;
  }

  private async take(batch: EventBatch, session: LeaseSession): Promise<Progress> {
    const started_ms = performance.now();
    const incoming = byCustomer(await decodeAll(this.decoder, session.mine(batch.events)));
    const { judge } = this.options;
    if (incoming.size > 0) await judge?.prepare();
    const outcome: BatchOutcome = await session.commit(this.model.db, batch.position, (tx) =>
      takeIn(tx, incoming, judge),
    );
    const duration_ms = performance.now() - started_ms;
    const { isWhole: is_whole, position = 0n, held } = session;
    const done = { ...outcome, position, is_whole, shards: held.length, duration_ms };
    const now_ms = (this.options.clock ?? Date.now)();
    const progress = await progressAfter(batch, done, this.store, this.model.db, now_ms);
    this.options.onBatch?.(progress);
    if (outcome.erased) await this.purge.purgeIfDue();
    return progress;
  }
}
