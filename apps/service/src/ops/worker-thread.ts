import { Worker } from 'node:worker_threads';
import { backoff_ms, inTime, sleep } from '#flow';
import type { Background } from './lifecycle.js';
import type { Log } from './log.js';

const RESTARTS = { first_ms: 100, last_ms: 30_000 };
/** Room for the short-lived objects of batches, so that they are rarely copied. */
const RESOURCES = { maxYoungGenerationSizeMb: 64 };

/** Messages from a thread: its connections are open, its work fails at the moment, or a report. */
export type FromWorker<Report> =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly error: string }
  | { readonly kind: 'report'; readonly report: Report };

/** The message to a thread: finish the current work, then end. */
export type ToWorker = 'stop';

/** The settings as plain values and the master key, with which a thread opens its own connections. */
export interface WorkerTask {
  readonly settings: object;
  readonly master_key: Uint8Array;
}

/** The parts that all threads of a service share. */
export interface WorkerHost {
  readonly task: WorkerTask;
  /** A thread that has not stopped by then is terminated. */
  readonly stop_ms_max: number;
  readonly log: Log;
}

interface Running {
  readonly worker: Worker;
  readonly exited: Promise<true>;
}

/** Runs work in a thread, so that it never delays requests. Restarts a thread that dies. */
export abstract class WorkerThread<Report> implements Background {
  /** Why the thread cannot do its work at the moment, and since when. */
  protected failure: string | undefined;
  protected failed_ms = -Infinity;
  private readonly stopping = new AbortController();
  private current: Running | undefined;
  private supervised: Promise<void> = Promise.resolve();
  private deaths = 0;

  /** `module` is a file that calls `work` of `worker.ts`. */
  constructor(
    private readonly host: WorkerHost,
    private readonly name: string,
    private readonly module: URL,
  ) {}

  start(): void {
    this.supervised = this.supervise();
  }

  /** Lets the thread finish its current work. */
  async stop(): Promise<void> {
    this.stopping.abort();
    const { current } = this;
    current?.worker.postMessage('stop' satisfies ToWorker);
    if (current && !(await inTime(this.host.stop_ms_max, current.exited))) await current.worker.terminate();
    await this.supervised;
  }

  protected abstract hear(report: Report): void;

  /** Called for each failure that the thread reports. */
  protected onFailure(): void {}

  /** Resolves when there is work for the thread. */
  protected async needed(_signal: AbortSignal): Promise<void> {}

  /** Notes that the thread works, so that the pause before the next restart is short again. */
  protected works(): void {
    this.deaths = 0;
  }

  private async supervise(): Promise<void> {
    const { signal } = this.stopping;
    await this.needed(signal);
    while (!signal.aborted) {
      this.current = this.spawn();
      await this.current.exited;
      this.current = undefined;
      if (signal.aborted) return;
      this.note(`The ${this.name} thread ended and is being restarted`);
      const restart_ms = backoff_ms(++this.deaths, RESTARTS);
      this.host.log.warn({ restart_ms, thread: this.name }, 'a thread ended and is restarted');
      await sleep(restart_ms, signal);
    }
  }

  private spawn(): Running {
    const { task, log } = this.host;
    const worker = new Worker(this.module, { workerData: task, name: this.name, resourceLimits: RESOURCES });
    worker.on('message', (message: FromWorker<Report>) => this.take(message));
    worker.on('error', (error) => log.error({ err: error, thread: this.name }, 'a thread failed'));
    return { worker, exited: new Promise((resolve) => worker.once('exit', () => resolve(true))) };
  }

  private take(message: FromWorker<Report>): void {
    if (message.kind === 'report') return this.hear(message.report);
    if (message.kind === 'ready') return this.note(undefined);
    this.note(message.error);
    this.onFailure();
  }

  private note(failure: string | undefined): void {
    this.failure = failure;
    this.failed_ms = performance.now();
  }
}
