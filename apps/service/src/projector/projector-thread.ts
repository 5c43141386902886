import { Injectable } from '@nestjs/common';
import type { Progress } from '#read-model';
import { Freshness } from '../ops/freshness.js';
import type { Background } from '../ops/lifecycle.js';
import { Metrics } from '../ops/metrics.js';
import { Threads } from '../ops/threads.js';
import type { FromProjector } from './messages.js';

/** Whatever fails is tried again sooner than this: no word for so long means that it works. */
const WARNING_MS = 60_000;

/** The projector in its thread, and what it says. */
@Injectable()
export class ProjectorThread implements Background {
  /** The newest report, undefined until the first batch. */
  progress: Progress | undefined;
  /** Why nothing is projected at the moment. */
  trouble: string | undefined = 'The projector is starting';
  private last = { words: '', until_ms: 0 };
  private readonly thread;

  constructor(
    threads: Threads,
    private readonly freshness: Freshness,
    private readonly metrics: Metrics,
  ) {
    this.thread = threads.make<FromProjector>(
      'projector',
      new URL('./projector.worker.js', import.meta.url),
      (message) => this.hear(message),
      () => (this.trouble = 'The projector thread ended and is being restarted'),
    );
  }

  /** Why files that may tell of erased customers are still there. */
  get warning(): string | undefined {
    return performance.now() < this.last.until_ms ? this.last.words : undefined;
  }

  start(): void {
    this.thread.start();
  }

  stop(): Promise<void> {
    return this.thread.stop();
  }

  private hear(message: FromProjector): void {
    if (message.kind === 'trouble') {
      this.trouble = message.error;
      return;
    }
    if (message.kind === 'not-forgotten') {
      this.last = { words: message.error, until_ms: performance.now() + WARNING_MS };
      return;
    }
    this.trouble = undefined;
    if (message.kind === 'started') return this.freshness.advance(message.position);
    this.thread.works();
    this.note(message.progress);
    // what is not ours is looked up in the read model when somebody waits for it
    if (message.progress.is_whole) this.freshness.advance(message.progress.position);
  }

  private note(progress: Progress): void {
    this.progress = progress;
    const { metrics } = this;
    metrics.projectedEvents.inc({ outcome: 'applied' }, progress.applied);
    metrics.projectedEvents.inc({ outcome: 'unchanged' }, progress.unchanged);
    metrics.projectedEvents.inc({ outcome: 'parked' }, progress.parked);
    metrics.projectorLagEvents.set(progress.lag_events);
    metrics.projectorLagSeconds.set(progress.lag_ms / 1000);
    metrics.projectorPosition.set(Number(progress.position));
    metrics.parkedCustomers.set(progress.parked_customers);
    metrics.projectorShards.set(progress.shards);
  }
}
