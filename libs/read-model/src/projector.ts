import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch, EventStore } from '#event-store';
import { type ByCustomer, type Outcome, takeIn } from './batch.js';
import { advance, type Checkpoint, Overtaken } from './checkpoint.js';
import { byCustomer, CUSTOMER_STREAMS, type Decoding, decodeAll } from './incoming.js';
import { type Progress, progressAfter } from './progress.js';
import { Purge } from './purge.js';
import type { ReadModel } from './read-model.js';
import { redrive } from './redrive.js';

export interface ProjectorOptions {
  /** Events per transaction; 500 to 2,000 are quick. */
  readonly batch_size_max?: number;
  /** After each batch, once it can be read. */
  readonly onBatch?: (progress: Progress) => void;
  /** Before another attempt; `tries` counts the failures in a row. */
  readonly onTrouble?: (error: unknown, tries: number) => void;
  readonly clock?: () => number;
}

/** The read model belongs to another event store. */
export class WrongStore extends Error {
  constructor(
    readonly expected: string,
    readonly actual: string,
  ) {
    super(
      `the read model was filled from event store ${expected}, not from ${actual}: bring back its store or rebuild it`,
    );
  }
}

/** What the projector needs of the event store. */
export type Source = Pick<EventStore, 'follow' | 'read' | 'head' | 'identity'>;

export const CHECKPOINT = 'customers';
const BATCH_SIZE_MAX = 1_000;
/** A stretch of other streams is passed over without a write; a restart passes over it again. */
const NOTHING: Outcome = { applied: 0, unchanged: 0, parked: 0, erased: false };
/** A batch with fewer events is followed by the next one no sooner than this. */
const SMALL_BATCH = 200;
const BATCH_INTERVAL_MS = 10;
const RETRY_MS_FIRST = 50;
const RETRY_MS_MAX = 10_000;

/** Follows all customers and keeps the read model up to date: one batch, one transaction, its checkpoint included. */
export class Projector {
  private at: Checkpoint | undefined;
  private store_id: string | undefined;
  private readonly purge: Purge;

  constructor(
    private readonly model: ReadModel,
    private readonly store: Source,
    private readonly decoder: Decoding,
    private readonly options: ProjectorOptions = {},
  ) {
    this.purge = new Purge(model, (error) => this.options.onTrouble?.(error, 1));
  }

  /** Until the signal aborts; what fails is tried again after growing pauses. Throws WrongStore and Overtaken. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      for (let tries = 0; !signal.aborted; tries++) {
        const error = await this.catchUp(signal, () => (tries = 0));
        if (signal.aborted) return;
        if (error instanceof WrongStore || error instanceof Overtaken) throw error;
        if (error !== undefined) this.options.onTrouble?.(error, tries + 1);
        await pause(tries, signal);
      }
    } finally {
      this.purge.stop();
    }
  }

  /** Finds out where to go on. Throws WrongStore. */
  async attach(): Promise<void> {
    const store_id = await this.store.identity();
    this.at = await this.model.checkpoint(CHECKPOINT);
    if (this.at && this.at.store_id !== store_id) throw new WrongStore(this.at.store_id, store_id);
    this.store_id = store_id;
    // one that died between an erasure and its purge left that to its successor
    await this.purge.settle();
  }

  /** Takes in one batch, as a whole or not at all. Throws Overtaken. */
  async step(batch: Batch): Promise<Progress> {
    if (this.store_id === undefined) await this.attach();
    const started_ms = performance.now();
    const incoming = byCustomer(await decodeAll(this.decoder, batch.events));
    const to = this.next(batch);
    const outcome = batch.events.length === 0 ? NOTHING : await this.commit(incoming, to);
    const duration_ms = performance.now() - started_ms;
    const progress = await progressAfter(
      batch,
      { ...outcome, position: to.position, duration_ms },
      this.store,
      this.model.db,
      this.now_ms(),
    );
    this.options.onBatch?.(progress);
    if (outcome.erased) await this.purge.settle();
    return progress;
  }

  private async commit(incoming: ByCustomer, to: Checkpoint): Promise<Outcome> {
    const outcome = await this.model.db.transaction().execute(async (tx) => {
      await advance(tx, CHECKPOINT, this.at, to);
      return takeIn(tx, incoming);
    });
    this.at = to;
    return outcome;
  }

  /** Folds a parked customer again from its whole stream; false when it is parked again. */
  async redrive(customerId: string): Promise<boolean> {
    const isDriven = await redrive(this.model, this.store, this.decoder, customerId);
    await this.purge.settle();
    return isDriven;
  }

  /** What ended it; undefined when the store did without a word, or the signal. */
  private async catchUp(signal: AbortSignal, onProgress: () => void): Promise<unknown> {
    try {
      await this.attach();
      for await (const batch of this.follow(signal)) {
        const { duration_ms } = await this.step(batch);
        onProgress();
        if (batch.events.length < SMALL_BATCH) await gather(duration_ms, signal);
      }
      return undefined;
    } catch (error) {
      return error;
    }
  }

  private follow(signal: AbortSignal): AsyncIterable<Batch> {
    const { batch_size_max = BATCH_SIZE_MAX } = this.options;
    return this.store.follow(this.at?.position, { prefixes: [CUSTOMER_STREAMS], batch_size_max, signal });
  }

  /** A batch that comes again does not move the checkpoint back. */
  private next({ position }: Batch): Checkpoint {
    const { at, store_id = '' } = this;
    return { position: at && at.position > position ? at.position : position, store_id };
  }

  private now_ms(): number {
    return (this.options.clock ?? Date.now)();
  }
}

/** Batches that follow each other closely are taken together: many small ones would keep a processor busy. */
async function gather(duration_ms: number, signal: AbortSignal): Promise<void> {
  const left_ms = BATCH_INTERVAL_MS - duration_ms;
  if (left_ms >= 1) await sleep(left_ms, undefined, { signal }).catch(() => undefined);
}

async function pause(tries: number, signal: AbortSignal): Promise<void> {
  const pause_ms = Math.min(RETRY_MS_MAX, RETRY_MS_FIRST * 2 ** Math.min(tries, 16)) * (0.5 + Math.random() / 2);
  await sleep(pause_ms, undefined, { signal }).catch(() => undefined);
}
