import { Injectable } from '@nestjs/common';
import { sleep } from '#flow';
import { Operations } from '#operations';
import { Metrics } from '../ops/metrics.js';
import { Threads } from '../ops/threads.js';
import { WorkerThread } from '../ops/worker-thread.js';
import type { WebhooksReport } from './webhooks.worker.js';

/** The interval of checks for the first webhook, which any instance may have created. */
const POLL_MS = 1_000;

/** Longer than the pause between retries: without a report in this time the work succeeds again. */
const SHOWN_MS = 60_000;

/** Runs the webhooks in a thread once there is one, and handles its reports. */
@Injectable()
export class WebhooksThread extends WorkerThread<WebhooksReport> {
  constructor(
    threads: Threads,
    private readonly operations: Operations,
    private readonly metrics: Metrics,
  ) {
    super(threads, 'webhooks', new URL('./webhooks.worker.js', import.meta.url));
  }

  /** Why deliveries are late at the moment. */
  get warning(): string | undefined {
    return performance.now() - this.failed_ms < SHOWN_MS ? this.failure : undefined;
  }

  /** Waits for the first webhook, so that a service without webhooks needs no thread. */
  protected override async needed(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const webhooks = await this.operations.webhooks.list().catch(() => []);
      if (webhooks.length > 0) return;
      await sleep(POLL_MS, signal);
    }
  }

  protected override hear(report: WebhooksReport): void {
    const { metrics } = this;
    if (report.kind === 'left-out') return metrics.feedLeftOut.inc();
    if (report.kind === 'disabled') return metrics.webhooksDisabled.inc();
    this.works();
    metrics.webhookDeliveries.inc({ outcome: report.outcome });
  }

  protected override onFailure(): void {
    this.metrics.webhookFailures.inc();
  }
}
