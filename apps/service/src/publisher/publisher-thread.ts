import { Injectable } from '@nestjs/common';
import { Metrics } from '../ops/metrics.js';
import { Threads } from '../ops/threads.js';
import { WorkerThread } from '../ops/worker-thread.js';
import type { PublisherReport } from './publisher.worker.js';

/** Runs the publisher in its thread, and handles its reports. */
@Injectable()
export class PublisherThread extends WorkerThread<PublisherReport> {
  constructor(
    threads: Threads,
    private readonly metrics: Metrics,
  ) {
    super(threads, 'publisher', new URL('./publisher.worker.js', import.meta.url));
  }

  /** Why nothing is published at the moment. */
  get warning(): string | undefined {
    return this.failure;
  }

  protected override hear(report: PublisherReport): void {
    const { metrics } = this;
    if (report.kind === 'left-out') return metrics.feedLeftOut.inc();
    this.failure = undefined;
    this.works();
    metrics.published.inc({ topic: 'events' }, report.events);
    metrics.published.inc({ topic: 'customers' }, report.customers);
    metrics.publisherShards.set(report.shards);
    if (report.recorded_at !== undefined)
      metrics.publisherLagSeconds.set((Date.now() - Date.parse(report.recorded_at)) / 1_000);
  }

  protected override onFailure(): void {
    this.metrics.publisherFailures.inc();
  }
}
