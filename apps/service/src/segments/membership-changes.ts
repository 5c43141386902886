import { Inject, Injectable } from '@nestjs/common';
import type { CustomerEvent, CustomerState } from '#customer';
import { Repository } from '#event-store';
import { sleep } from '#flow';
import { openReadModel } from '../adapters.js';
import { Config } from '../config.js';
import { Clock } from '../ops/clock.js';
import type { Background } from '../ops/lifecycle.js';
import { Log } from '../ops/log.js';
import { Metrics } from '../ops/metrics.js';
import { MembershipEvaluator } from './membership-evaluator.js';
import { Segments } from './segments.js';

/** The interval of checks for due evaluations, so that a change is recorded within a second. */
const INTERVAL_MS = 100;
const RETRY_PAUSE_MS = 1_000;
const WORK = 'segments';

/** Records entries and exits of segments, on one instance at a time. */
@Injectable()
export class MembershipChanges implements Background {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  warning: string | undefined;

  constructor(
    private readonly segments: Segments,
    private readonly repository: Repository<CustomerState, CustomerEvent>,
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
    // its own connection, because waits for the projector's writes must not hold up readers
    const model = await openReadModel(this.config);
    const { segments, repository, clock, metrics } = this;
    const evaluator = new MembershipEvaluator({
      segments,
      repository,
      model,
      now: () => clock.now(),
      onChanges: (count) => metrics.segmentFlips.inc(count),
    });
    const leases = model.leases({ work: WORK, ...this.config.lease, shards: 1 });
    let isOurs = false;
    const keeping = leases.keep(signal, (held, error) => {
      isOurs = held.length > 0;
      if (error !== undefined) this.fails(error);
      else if (!isOurs) this.warning = undefined;
    });
    while (!signal.aborted) {
      const pause_ms = isOurs ? await this.turn(evaluator) : INTERVAL_MS;
      if (pause_ms > 0) await sleep(pause_ms, signal);
    }
    await keeping;
    await leases.release().catch(() => undefined);
    await model.close();
  }

  /** Resolves with the pause before the next turn. */
  private async turn(evaluator: MembershipEvaluator): Promise<number> {
    try {
      const isBusy = await evaluator.turn();
      this.warning = undefined;
      return isBusy ? 0 : INTERVAL_MS;
    } catch (error) {
      this.fails(error);
      return RETRY_PAUSE_MS;
    }
  }

  private fails(error: unknown): void {
    if (this.stopping.signal.aborted) return;
    this.warning = 'Segments are late: entries and exits cannot be recorded';
    this.log.warn({ err: error }, 'recording entries and exits of segments failed, trying again');
  }
}
