import { Injectable } from '@nestjs/common';
import { Operations } from '#operations';
import type { Background } from '../ops/lifecycle.js';
import { Metrics } from '../ops/metrics.js';
import { Threads } from '../ops/threads.js';
import type { FromWebhooks } from './messages.js';

/** How soon the first webhook is noticed, whichever instance it was made on. */
const LOOK_MS = 1_000;

/** Whatever fails is tried again sooner than this: no word for so long means that it works. */
const TROUBLE_MS = 60_000;

/** The webhooks' thread, once there is a webhook, and what it says. */
@Injectable()
export class WebhooksThread implements Background {
  private last = { words: '', until_ms: 0 };
  private readonly thread;
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;
  private stopping = false;

  constructor(
    threads: Threads,
    private readonly operations: Operations,
    private readonly metrics: Metrics,
  ) {
    this.thread = threads.make<FromWebhooks>(
      'webhooks',
      new URL('./webhooks.worker.js', import.meta.url),
      (message) => this.hear(message),
      () => this.note('The webhooks thread ended and is being restarted'),
    );
  }

  /** Why not everything is delivered at the moment. */
  get warning(): string | undefined {
    return performance.now() < this.last.until_ms ? this.last.words : undefined;
  }

  start(): void {
    this.looking = this.look();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.timer);
    await this.looking;
    await this.thread.stop();
  }

  /** A service without webhooks does not pay for them. */
  private async look(): Promise<void> {
    const webhooks = await this.operations.webhooks.list().catch(() => []);
    if (this.stopping) return;
    if (webhooks.length > 0) return this.thread.start();
    this.timer = setTimeout(() => this.start(), LOOK_MS).unref();
  }

  private hear(message: FromWebhooks): void {
    const { metrics } = this;
    if (message.kind === 'left-out') return metrics.feedLeftOut.inc();
    if (message.kind === 'disabled') return metrics.webhooksDisabled.inc();
    if (message.kind === 'trouble') {
      metrics.webhookFailures.inc();
      return this.note(message.error);
    }
    this.thread.works();
    metrics.webhookDeliveries.inc({ outcome: message.outcome });
  }

  private note(words: string): void {
    this.last = { words, until_ms: performance.now() + TROUBLE_MS };
  }
}
