import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Provider } from '@nestjs/common';
import { Freshness } from '../ops/freshness.js';
import { Config } from '../config.js';
import { Log } from '../ops/log.js';
import { Metrics } from '../ops/metrics.js';
import { Secrets } from '../secrets.js';
import type { Progress } from '#read-model';
import type { FromProjector, ProjectorTask } from './messages.js';

const RESTART_MS_MAX = 30_000;
/** Batches make many short-lived objects: with room for them they are rarely copied. */
const RESOURCES = { maxYoungGenerationSizeMb: 64 };

/** Runs the projector in a thread of its own, so that projecting never makes a request wait; restarts it when it dies. */
export class ProjectorThread {
  private worker: Worker | undefined;
  private stopping = false;
  private restart_ms = 100;
  private restartTimer: NodeJS.Timeout | undefined;
  /** The newest report, undefined until the first batch. */
  progress: Progress | undefined;
  /** Why nothing is projected at the moment. */
  trouble: string | undefined = 'The projector is starting';

  constructor(
    private readonly task: ProjectorTask,
    private readonly stop_ms_max: number,
    private readonly freshness: Freshness,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  start(): void {
    const worker = new Worker(new URL('./projector.worker.js', import.meta.url), {
      workerData: this.task,
      name: 'projector',
      resourceLimits: RESOURCES,
    });
    this.worker = worker;
    worker.on('message', (message: FromProjector) => this.hear(message));
    worker.on('error', (error) => this.log.error({ err: error }, 'projector thread failed'));
    worker.on('exit', () => this.exited());
  }

  /** Lets the running batch finish; ends the thread the hard way after the time it has. */
  async stop(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.restartTimer);
    const { worker } = this;
    if (!worker) return;
    const exited = once(worker, 'exit');
    worker.postMessage('stop');
    const timer = setTimeout(() => void worker.terminate(), this.stop_ms_max);
    await exited;
    clearTimeout(timer);
  }

  private hear(message: FromProjector): void {
    if (message.kind === 'trouble') {
      this.trouble = message.error;
      return;
    }
    this.trouble = undefined;
    if (message.kind === 'started') return this.freshness.advance(message.position);
    this.restart_ms = 100;
    this.note(message.progress);
    // what is not ours is looked up in the read model when somebody waits for it
    if (message.progress.is_whole) this.freshness.advance(message.progress.position);
  }

  private note(progress: Progress): void {
    this.progress = progress;
    const { metrics } = this;
    metrics.projectedEvents.inc({ outcome: 'applied' }, progress.applied);
    metrics.projectedEvents.inc({ outcome: 'unchanged' }, progress.unchanged);
    metrics.projectedEvents.inc({ outcome: 'parked' }, progress.parked);
    metrics.projectorLagEvents.set(progress.lag_events);
    metrics.projectorLagSeconds.set(progress.lag_ms / 1000);
    metrics.projectorPosition.set(Number(progress.position));
    metrics.parkedCustomers.set(progress.parked_customers);
  }

  private exited(): void {
    this.worker = undefined;
    if (this.stopping) return;
    this.trouble = 'The projector thread ended and is being restarted';
    this.log.warn({ restart_ms: this.restart_ms }, 'projector thread ended');
    this.restartTimer = setTimeout(() => this.start(), this.restart_ms * (0.5 + Math.random() / 2));
    this.restart_ms = Math.min(this.restart_ms * 2, RESTART_MS_MAX);
  }
}

/** The thread on this service's own files. */
export const projectorThread: Provider = {
  provide: ProjectorThread,
  inject: [Config, Secrets, Freshness, Metrics, Log],
  useFactory: (config: Config, { master_key }: Secrets, freshness: Freshness, metrics: Metrics, log: Log) =>
    new ProjectorThread(
      { settings: { ...config }, master_key },
      config.SHUTDOWN_TIMEOUT_MS / 2,
      freshness,
      metrics,
      log,
    ),
};
