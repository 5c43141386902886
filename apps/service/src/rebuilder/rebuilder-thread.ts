import { Inject, Injectable } from '@nestjs/common';
import { Freshness } from '../ops/freshness.js';
import { Log } from '../ops/log.js';
import { Metrics } from '../ops/metrics.js';
import { Threads } from '../ops/threads.js';
import { WorkerThread } from '../ops/worker-thread.js';
import type { RebuilderReport } from './rebuilder.worker.js';

/** Runs the rebuilder and the auditor in a thread, and handles their reports. */
@Injectable()
export class RebuilderThread extends WorkerThread<RebuilderReport> {
  private beyond_mending = 0;

  constructor(
    threads: Threads,
    private readonly freshness: Freshness,
    private readonly metrics: Metrics,
    @Inject(Log) private readonly log: Log,
  ) {
    super(threads, 'rebuilder', new URL('./rebuilder.worker.js', import.meta.url));
  }

  get warning(): string | undefined {
    if (this.beyond_mending === 0) return this.failure;
    return `The rows of ${this.beyond_mending} customers differ from their events and could not be repaired`;
  }

  protected override hear(report: RebuilderReport): void {
    this.failure = undefined;
    this.works();
    if (report.kind === 'switched') return this.freshness.rowsChanged();
    if (report.kind === 'audited') return this.noteAudit(report);
    const { id, kind, state, events, rate, error, report: found } = report.rebuild;
    const { customers_compared, customers_differing } = found ?? {};
    this.log.info(
      { rebuild: id, kind, state, events, rate, error, customers_compared, customers_differing },
      'a rebuild ended',
    );
    if (kind === 'customer') this.freshness.rowsChanged();
  }

  private noteAudit({ customers, mismatches, beyond_mending }: Extract<RebuilderReport, { kind: 'audited' }>): void {
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
