import { Inject, Injectable } from '@nestjs/common';
import { Freshness } from '../ops/freshness.js';
import type { Background } from '../ops/lifecycle.js';
import { Log } from '../ops/log.js';
import { Metrics } from '../ops/metrics.js';
import { Threads } from '../ops/threads.js';
import type { FromRebuilder } from './messages.js';

/** The rebuilder and the auditor in their thread, and what they say. */
@Injectable()
export class RebuilderThread implements Background {
  private failure: string | undefined;
  private beyond_mending = 0;
  private readonly thread;

  constructor(
    threads: Threads,
    private readonly freshness: Freshness,
    private readonly metrics: Metrics,
    @Inject(Log) private readonly log: Log,
  ) {
    this.thread = threads.make<FromRebuilder>(
      'rebuilder',
      new URL('./rebuilder.worker.js', import.meta.url),
      (message) => this.hear(message),
      () => (this.failure = 'The rebuilder thread ended and is being restarted'),
    );
  }

  get warning(): string | undefined {
    if (this.beyond_mending === 0) return this.failure;
    return `The rows of ${this.beyond_mending} customers differ from their events and could not be mended`;
  }

  start(): void {
    this.thread.start();
  }

  stop(): Promise<void> {
    return this.thread.stop();
  }

  private hear(message: FromRebuilder): void {
    if (message.kind === 'trouble') {
      this.failure = message.error;
      return;
    }
    this.failure = undefined;
    this.thread.works();
    if (message.kind === 'switched') return this.freshness.rowsChanged();
    if (message.kind === 'audited') return this.noteAudit(message);
    const { id, kind, state, events, rate, error, report } = message.rebuild;
    const { customers_compared, customers_differing } = report ?? {};
    this.log.info({ rebuild: id, kind, state, events, rate, error, customers_compared, customers_differing }, 'a rebuild is over'); // prettier-ignore
    if (kind === 'customer') this.freshness.rowsChanged();
  }

  private noteAudit({ customers, mismatches, beyond_mending }: Extract<FromRebuilder, { kind: 'audited' }>): void {
    this.beyond_mending = beyond_mending;
    this.metrics.auditedCustomers.inc(customers);
    this.metrics.auditMismatches.inc(mismatches.length);
    for (const { customer, revision, paths, isMended } of mismatches)
      this.log.warn(
        { customer, revision, paths, is_mended: isMended },
        'the rows of a customer differed from its events',
      );
    if (mismatches.length > 0) this.freshness.rowsChanged();
  }
}
