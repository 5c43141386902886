import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { CustomerEvent, CustomerState } from '#customer';
import { Aggregates } from '#event-store';
import type { Leases } from '#read-model';
import { openReadModel } from '../adapters.js';
import { Config } from '../config.js';
import { Clock } from '../ops/clock.js';
import type { Background } from '../ops/lifecycle.js';
import { Log } from '../ops/log.js';
import { Metrics } from '../ops/metrics.js';
import { Flipping } from './flipping.js';
import { Segments } from './segments.js';

/** How often is looked for what is due; a flip is a second late at most. */
const INTERVAL_MS = 100;
const TROUBLE_PAUSE_MS = 1_000;
const WORK = 'segments';

/** Records who enters and who leaves a segment, on one instance at a time. */
@Injectable()
export class Flips implements Background {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  warning: string | undefined;

  constructor(
    private readonly segments: Segments,
    private readonly aggregates: Aggregates<CustomerState, CustomerEvent>,
    private readonly clock: Clock,
    private readonly config: Config,
    private readonly metrics: Metrics,
    @Inject(Log) private readonly log: Log,
  ) {}

  start(): void {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    // a connection of its own: what waits for the projector's writes must not hold up readers
    const model = await openReadModel(this.config);
    const { segments, aggregates, clock, metrics } = this;
    const flipping = new Flipping({
      segments,
      aggregates,
      model,
      now: () => clock.now(),
      onFlips: (count) => metrics.segmentFlips.inc(count),
    });
    const leases = model.leases({ work: WORK, ...this.config.lease, shards: 1 });
    let renewed_ms = -Infinity;
    let isOurs = false;
    while (!signal.aborted) {
      try {
        if (performance.now() - renewed_ms > leases.lease_ms / 4) {
          isOurs = await this.renew(leases, renewed_ms === -Infinity);
          renewed_ms = performance.now();
        }
        const isBusy = isOurs && (await flipping.turn());
        this.warning = undefined;
        if (!isBusy) await sleep(INTERVAL_MS, undefined, { signal });
      } catch (error) {
        if (signal.aborted) break;
        this.warning = 'Segments wait: who entered or left one cannot be recorded';
        this.log.warn({ err: error }, 'segments try again');
        await sleep(TROUBLE_PAUSE_MS, undefined, { signal }).catch(() => undefined);
      }
    }
    await leases.release().catch(() => undefined);
    await model.close();
  }

  private async renew(leases: Leases, isFirst: boolean): Promise<boolean> {
    if (isFirst) await leases.prepare();
    return (await leases.tick()).length > 0;
  }
}
