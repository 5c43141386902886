import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Fact, UnreadableFact } from '#contract';
import { KeyDestroyed, StreamDeleted, UnreadableEvent } from '#event-store';
import type { FactVerdict } from '#messaging';
import { Broker, type Consumer } from '../broker.js';
import { Config } from '../config.js';
import type { Background } from '../ops/lifecycle.js';
import { Metrics } from '../ops/metrics.js';
import { Ingest } from './ingest.js';

/** Takes facts from the broker, by the same commands and rules as over HTTP. */
@Injectable()
export class FactsConsumer implements Background {
  private readonly stopping = new AbortController();
  private readonly consumer: Consumer;
  private readonly app_id: string;

  constructor(
    private readonly broker: Broker,
    private readonly ingest: Ingest,
    config: Config,
    metrics: Metrics,
  ) {
    this.app_id = `kafka:${config.KAFKA_PREFIX}.facts`;
    this.consumer = broker.consumer((fact) => this.handle(fact), isPermanent, metrics);
  }

  get warning(): string | undefined {
    return this.broker.problem ?? this.consumer.problem;
  }

  start(): void {
    const { signal } = this.stopping;
    void this.broker.prepare(signal).then(() => {
      if (!signal.aborted) this.consumer.start();
    });
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.consumer.stop();
  }

  private async handle(fact: Fact | UnreadableFact): Promise<FactVerdict> {
    const result = await this.ingest.takeOne(fact, { app_id: this.app_id, request_id: randomUUID() });
    if (result.status !== 'rejected') return { kind: 'done' };
    const { key, details, message } = result.error as { key: string; details?: string; message: string };
    return { kind: 'refused', error_class: key, message: details ?? message };
  }
}

/** True for faults of data or code, which a retry cannot fix; all others come from the engines. */
const isPermanent = (error: unknown): boolean =>
  [UnreadableEvent, KeyDestroyed, StreamDeleted, TypeError, RangeError].some((kind) => error instanceof kind);
