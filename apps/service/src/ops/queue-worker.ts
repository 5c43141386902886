import { RENEWALS } from '#database';
import { sleep } from '#flow';
import type { ItemLease, Queue } from '#operations';

export interface QueueWorkerOptions {
  /** The number of items that one instance works on at a time. */
  readonly concurrency_max: number;
  readonly poll_ms: number;
  readonly sweep_ms: number;
  /** Works on an item. The signal aborts when the worker stops or the lease is lost. */
  readonly work: (lease: ItemLease, signal: AbortSignal) => Promise<void>;
  /** Removes old records; runs at once and then every `sweep_ms`. */
  readonly sweep: () => Promise<void>;
  /** False while no item may begin. */
  readonly isReady?: () => Promise<boolean>;
  /** Called with the failure of the work on an item, or of the queue itself. */
  readonly onError: (error: unknown, id?: string) => void;
}

/** The pause after a failure of the service itself, such as an unavailable database. */
const RETRY_MS = 5_000;
/** The random share of a pause, so that instances do not poll at the same time. */
const JITTER = 0.2;

interface Running {
  readonly lease: ItemLease;
  readonly over: AbortController;
  readonly done: Promise<void>;
  renewed_ms: number;
}

/** Claims items of a durable queue and works on them side by side, as long as it can renew their leases. */
export class QueueWorker {
  private readonly running = new Map<string, Running>();
  private nudge = new AbortController();
  private isStopping = false;

  constructor(
    private readonly queue: Pick<Queue, keyof Queue>,
    private readonly options: QueueWorkerOptions,
  ) {}

  /** Runs until the signal aborts and the items under way have ended. */
  async run(signal: AbortSignal): Promise<void> {
    const { poll_ms, sweep, sweep_ms } = this.options;
    const over = new AbortController();
    const beside = [
      this.every(this.queue.lease_ms / RENEWALS, over.signal, () => this.renew()),
      this.every(sweep_ms, signal, sweep),
    ];
    signal.addEventListener('abort', () => this.stop());
    if (signal.aborted) this.stop();
    while (!this.isStopping) {
      const nudged = this.nudge.signal;
      const pause_ms = (await this.attempt(() => this.claim())) ? poll_ms : RETRY_MS;
      await sleep(pause_ms * (1 - JITTER * Math.random()), nudged);
    }
    await this.ended();
    over.abort();
    await Promise.all(beside);
  }

  /** Claims once and works on the claimed items to their end. */
  async round(): Promise<void> {
    await this.claim();
    await this.ended();
  }

  /** Looks for items now. */
  wake(): void {
    this.nudge.abort();
    this.nudge = new AbortController();
  }

  private stop(): void {
    this.isStopping = true;
    for (const { over } of this.running.values()) over.abort();
    this.wake();
  }

  private async claim(): Promise<void> {
    const { concurrency_max, isReady } = this.options;
    const limit = concurrency_max - this.running.size;
    if (limit === 0 || (isReady && !(await isReady()))) return;
    for (const lease of await this.queue.claim(limit, [...this.running.keys()])) this.begin(lease);
  }

  private begin(lease: ItemLease): void {
    const over = new AbortController();
    if (this.isStopping) over.abort();
    const done = this.work(lease, over.signal).finally(() => {
      // otherwise the next poll is soon enough, and leaves released items to other instances as well
      if (this.running.size === this.options.concurrency_max) this.wake();
      this.running.delete(lease.id);
    });
    this.running.set(lease.id, { lease, over, done, renewed_ms: performance.now() });
  }

  private async work(lease: ItemLease, signal: AbortSignal): Promise<void> {
    try {
      await this.options.work(lease, signal);
    } catch (error) {
      this.options.onError(error, lease.id);
      await sleep(RETRY_MS, signal);
    }
    await this.attempt(() => this.queue.release(lease));
  }

  /** Ends the work on items that are lost, or that could not be renewed for as long as a lease lasts. */
  private async renew(): Promise<void> {
    const held = [...this.running.values()];
    try {
      const kept = new Set(await this.queue.renew(held.map(({ lease }) => lease)));
      for (const one of held)
        if (kept.has(one.lease.id)) one.renewed_ms = performance.now();
        else one.over.abort();
    } catch (error) {
      for (const { over, renewed_ms } of held) if (performance.now() - renewed_ms > this.queue.lease_ms) over.abort();
      throw error;
    }
  }

  private async every(pause_ms: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      await this.attempt(work);
      await sleep(pause_ms, signal);
    }
  }

  private async ended(): Promise<void> {
    await Promise.all([...this.running.values()].map(({ done }) => done));
  }

  /** False after a failure, which is reported. */
  private attempt(work: () => Promise<void>): Promise<boolean> {
    return work().then(
      () => true,
      (error: unknown) => {
        this.options.onError(error);
        return false;
      },
    );
  }
}
