import { Injectable } from '@nestjs/common';
import type { Background } from '../ops/lifecycle.js';
import { Metrics } from '../ops/metrics.js';
import { Threads } from '../ops/threads.js';
import type { FromPublisher } from './messages.js';

/** The publisher in its thread, and what it says. */
@Injectable()
export class PublisherThread implements Background {
  /** Why nothing is published at the moment. */
  warning: string | undefined;
  private readonly thread;

  constructor(
    threads: Threads,
    private readonly metrics: Metrics,
  ) {
    this.thread = threads.make<FromPublisher>(
      'publisher',
      new URL('./publisher.worker.js', import.meta.url),
      (message) => this.hear(message),
      () => (this.warning = 'The publisher thread ended and is being restarted'),
    );
  }

  start(): void {
    this.thread.start();
  }

  stop(): Promise<void> {
    return this.thread.stop();
  }

  private hear(message: FromPublisher): void {
    const { metrics } = this;
    if (message.kind === 'left-out') return metrics.feedLeftOut.inc();
    if (message.kind === 'trouble') {
      metrics.publisherFailures.inc();
      this.warning = message.error;
      return;
    }
    this.warning = undefined;
    this.thread.works();
    metrics.published.inc({ topic: 'events' }, message.events);
    metrics.published.inc({ topic: 'customers' }, message.customers);
    metrics.publisherShards.set(message.shards);
    if (message.recorded_at !== undefined)
      metrics.publisherLagSeconds.set((Date.now() - Date.parse(message.recorded_at)) / 1_000);
  }
}
