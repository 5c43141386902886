import { Injectable } from '@nestjs/common';
import type { Progress } from '#read-model';
import { Freshness } from '../ops/freshness.js';
import { Metrics } from '../ops/metrics.js';
import { Threads } from '../ops/threads.js';
import { WorkerThread } from '../ops/worker-thread.js';
import type { ProjectorReport } from './projector.worker.js';

/** Longer than the pause between retries: without a report in this time the work succeeds again. */
const WARNING_MS = 60_000;

/** Runs the projector in its thread, and handles its reports. */
@Injectable()
export class ProjectorThread extends WorkerThread<ProjectorReport> {
  /** The newest report, undefined until the first batch. */
  progress: Progress | undefined;
  protected override failure: string | undefined = 'The projector is starting';
  private last = { words: '', until_ms: 0 };

  constructor(
    threads: Threads,
    private readonly freshness: Freshness,
    private readonly metrics: Metrics,
  ) {
    super(threads, 'projector', new URL('./projector.worker.js', import.meta.url));
  }

  /** Why nothing is projected at the moment. */
  get problem(): string | undefined {
    return this.failure;
  }

  /** Why files with data of erased customers are not deleted yet. */
  get warning(): string | undefined {
    return performance.now() < this.last.until_ms ? this.last.words : undefined;
  }

  protected override hear(report: ProjectorReport): void {
    if (report.kind === 'not-forgotten') {
      this.last = { words: report.error, until_ms: performance.now() + WARNING_MS };
      return;
    }
    if (report.kind === 'started') return this.freshness.advance(report.position);
    this.failure = undefined;
    this.works();
    this.noteProgress(report.progress);
    // with foreign shards, waiting reads poll the read model instead
    if (report.progress.is_whole) this.freshness.advance(report.progress.position);
  }

  private noteProgress(progress: Progress): void {
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
