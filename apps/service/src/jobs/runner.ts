import { Inject, Injectable } from '@nestjs/common';
import { isDatabaseAway, StoreOverloaded, StoreUnavailable, TooManyConflicts } from '#event-store';
import { backoff_ms, sleep } from '#flow';
import { afterStep, type ItemLease, type Job, JobLost, type JobStep, Operations } from '#operations';
import { Config } from '../config.js';
import type { Background } from '../ops/lifecycle.js';
import { Freshness } from '../ops/freshness.js';
import { Log } from '../ops/log.js';
import { QueueWorker } from '../ops/queue-worker.js';
import type { Work } from './work.js';

export const WORKS = Symbol('works');

/** The number of jobs that one instance runs at a time, so that a long job does not hold up a short one. */
const JOBS_MAX = 2;
const POLL_MS = 1_000;
const RETRIES = { first_ms: 100, last_ms: 5_000 };
const SWEEP_MS = 60_000;

/** Runs jobs of all instances; resumes those of an instance that stopped or died. */
@Injectable()
export class JobRunner implements Background {
  private readonly stopping = new AbortController();
  private readonly worker: QueueWorker;
  private running: Promise<unknown> = Promise.resolve();

  constructor(
    config: Config,
    private readonly operations: Operations,
    freshness: Freshness,
    @Inject(WORKS) private readonly works: readonly Work[],
    @Inject(Log) private readonly log: Log,
  ) {
    this.worker = new QueueWorker(operations.jobs.queue(config.lease), {
      ...{ concurrency_max: JOBS_MAX, poll_ms: POLL_MS, sweep_ms: SWEEP_MS },
      // an export would lack rows while the read model catches up
      isReady: () => freshness.caughtUp(POLL_MS),
      work: (lease, signal) => this.carryOut(lease, signal),
      sweep: async () => void (await operations.jobs.sweep()),
      onError: (error, job) => {
        if (!isPassing(error)) log.error({ err: error, ...(job && { job }) }, 'jobs cannot be read or saved');
      },
    });
  }

  start(): void {
    this.running = this.worker.run(this.stopping.signal);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** Looks for jobs now. */
  wake(): void {
    this.worker.wake();
  }

  private async carryOut(lease: ItemLease, signal: AbortSignal): Promise<void> {
    let failures = 0;
    for (let done = 0; !signal.aborted;) {
      try {
        const job = await this.operations.jobs.unfinished(lease.id);
        if (!job) return;
        if (job.parts_done > done) [done, failures] = [job.parts_done, 0];
        await this.goOn(job, lease, signal);
      } catch (error) {
        if (error instanceof JobLost || signal.aborted) return;
        if (!isPassing(error)) throw error;
        await sleep(backoff_ms(++failures, RETRIES), signal);
      }
    }
  }

  /** Saves each step while the next one runs. */
  private async goOn(job: Job, lease: ItemLease, signal: AbortSignal): Promise<void> {
    let now = job;
    let noting: Promise<unknown> = Promise.resolve();
    try {
      for await (const step of this.stepsOf(job, signal)) {
        await noting;
        noting = this.operations.jobs.note(now, lease, step);
        // the next await throws it
        noting.catch(() => undefined);
        now = afterStep(now, step);
        if (signal.aborted) break;
      }
    } finally {
      await noting;
    }
  }

  /** The steps of a job; an error that a retry cannot fix ends it as failed, with its progress. */
  private async *stepsOf(job: Job, signal: AbortSignal): AsyncGenerator<JobStep> {
    let { progress } = job;
    try {
      const work = this.works.find(({ types }) => types.includes(job.type));
      if (!work) throw new Error(`no work for jobs of type ${job.type}`);
      for await (const step of work.steps(job, signal)) {
        yield step;
        ({ progress } = step);
      }
    } catch (error) {
      if (isPassing(error) || signal.aborted) throw error;
      this.log.error({ err: error, job: job.id, type: job.type }, 'a job failed');
      yield { parts: 0, rows: 0, failed: 0, output: '', progress, state: 'failed' };
    }
  }
}

/** True for errors that pass by themselves, so that a retry helps. */
export const isPassing = (error: unknown): boolean =>
  error instanceof StoreOverloaded ||
  error instanceof TooManyConflicts ||
  error instanceof StoreUnavailable ||
  isDatabaseAway(error);
