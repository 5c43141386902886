import { Inject, Injectable } from '@nestjs/common';
import { isDatabaseAway, StoreOverloaded, StoreUnavailable, TooManyConflicts } from '#event-store';
import { RENEWALS } from '#database';
import { backoff_ms, sleep } from '#flow';
import { afterStep, type Job, JobLost, type JobStep, Operations, type Span } from '#operations';
import { Config } from '../config.js';
import type { Background } from '../ops/lifecycle.js';
import { Freshness } from '../ops/freshness.js';
import { Log } from '../ops/log.js';
import type { Work } from './work.js';

export const WORKS = Symbol('works');

/** The number of jobs that one instance runs at a time, so that a long job does not hold up a short one. */
const LANES = 2;
const LOOK_MS = 1_000;
const RETRIES = { first_ms: 100, last_ms: 5_000 };
const SWEEP_MS = 60_000;

/** Runs jobs of all instances; resumes those of an instance that stopped or died. */
@Injectable()
export class JobRunner implements Background {
  private readonly stopping = new AbortController();
  private readonly held = new Set<string>();
  private readonly span: Span;
  private running: Promise<unknown> = Promise.resolve();
  private nudge = new AbortController();

  constructor(
    config: Config,
    private readonly operations: Operations,
    private readonly freshness: Freshness,
    @Inject(WORKS) private readonly works: readonly Work[],
    @Inject(Log) private readonly log: Log,
  ) {
    this.span = config.lease;
  }

  start(): void {
    this.running = Promise.all([...Array.from({ length: LANES }, () => this.lane()), this.keep(), this.sweep()]);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.wake();
    await this.running;
  }

  /** Looks for jobs now. */
  wake(): void {
    this.nudge.abort();
    this.nudge = new AbortController();
  }

  private get isStopping(): boolean {
    return this.stopping.signal.aborted;
  }

  private async lane(): Promise<void> {
    while (!this.isStopping) {
      const { signal } = this.nudge;
      // an export would lack rows while the read model catches up
      const job = (await this.freshness.caughtUp(LOOK_MS)) ? await this.claim() : undefined;
      if (job) await this.carryOut(job);
      else if (!this.isStopping) await sleep(LOOK_MS, signal);
    }
  }

  private async claim(): Promise<Job | undefined> {
    try {
      const job = await this.operations.jobs.claim(this.span, [...this.held]);
      // the other lane may have asked at the same time
      if (!job || this.held.has(job.id)) return undefined;
      this.held.add(job.id);
      return job;
    } catch (error) {
      if (!isPassing(error)) this.log.error({ err: error }, 'jobs cannot be read');
      await sleep(LOOK_MS, this.stopping.signal);
      return undefined;
    }
  }

  private async carryOut(job: Job): Promise<void> {
    try {
      await this.steps(job);
    } catch (error) {
      if (!(error instanceof JobLost))
        this.log.error({ err: error, job: job.id }, 'the progress of a job cannot be saved');
    } finally {
      this.held.delete(job.id);
    }
  }

  private async steps(job: Job): Promise<void> {
    let failures = 0;
    for (let done = job.parts_done; !this.isStopping;) {
      try {
        const now = await this.operations.jobs.find(job.kind, job.id);
        if (now?.state !== 'open') return;
        if (now.parts_done > done) [done, failures] = [now.parts_done, 0];
        await this.goOn(now);
      } catch (error) {
        if (!isPassing(error) && !this.isStopping) throw error;
        await sleep(backoff_ms(++failures, RETRIES), this.stopping.signal);
      }
    }
    await this.operations.jobs.release(job, this.span);
  }

  /** Saves each step while the next one runs. */
  private async goOn(job: Job): Promise<void> {
    let now = job;
    let noting: Promise<unknown> = Promise.resolve();
    try {
      for await (const step of this.stepsOf(job)) {
        await noting;
        noting = this.operations.jobs.note(now, this.span, step);
        // the next await throws it
        noting.catch(() => undefined);
        now = afterStep(now, step);
        if (this.isStopping) break;
      }
    } finally {
      await noting;
    }
  }

  /** The steps of a job; an error that a retry cannot fix ends it as failed, with its progress. */
  private async *stepsOf(job: Job): AsyncGenerator<JobStep> {
    let { progress } = job;
    try {
      const work = this.works.find(({ types }) => types.includes(job.type));
      if (!work) throw new Error(`no work for jobs of type ${job.type}`);
      for await (const step of work.steps(job, this.stopping.signal)) {
        yield step;
        ({ progress } = step);
      }
    } catch (error) {
      if (isPassing(error) || this.isStopping) throw error;
      this.log.error({ err: error, job: job.id, type: job.type }, 'a job failed');
      yield { parts: 0, rows: 0, failed: 0, output: '', progress, state: 'failed' };
    }
  }

  /** Renews the leases of held jobs during long steps. Without a renewal another instance takes the job over. */
  private async keep(): Promise<void> {
    while (!this.isStopping) {
      await this.operations.jobs.renew([...this.held], this.span).catch((error: unknown) => {
        if (!isPassing(error)) this.log.error({ err: error }, 'the leases of jobs cannot be renewed');
      });
      await sleep(this.span.lease_ms / RENEWALS, this.stopping.signal);
    }
  }

  private async sweep(): Promise<void> {
    while (!this.isStopping) {
      await this.operations.jobs.sweep().catch((error: unknown) => {
        if (!isPassing(error)) this.log.error({ err: error }, 'expired jobs cannot be removed');
      });
      await sleep(SWEEP_MS, this.stopping.signal);
    }
  }
}

/** True for errors that pass by themselves, so that a retry helps. */
export const isPassing = (error: unknown): boolean =>
  error instanceof StoreOverloaded ||
  error instanceof TooManyConflicts ||
  error instanceof StoreUnavailable ||
  isDatabaseAway(error);
