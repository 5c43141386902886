import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Log } from './log.js';

const RESTART_MS_MAX = 30_000;
/** Batches make many short-lived objects: with room for them they are rarely copied. */
const RESOURCES = { maxYoungGenerationSizeMb: 64 };

export interface ThreadOptions {
  readonly name: string;
  /** A worker that reports by messages, works until it is told 'stop', and then ends by itself. */
  readonly module: URL;
  /** Its `workerData`. */
  readonly task: object;
  /** After this it is ended the hard way. */
  readonly stop_ms_max: number;
}

/** Work in a thread of its own, so that it never makes a request wait; started again when it dies. */
export class Thread<Message> {
  private worker: Worker | undefined;
  private stopping = false;
  private restart_ms = 100;
  private restartTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly options: ThreadOptions,
    private readonly log: Log,
    private readonly onMessage: (message: Message) => void,
    private readonly onDeath: () => void,
  ) {}

  start(): void {
    const { name, module, task } = this.options;
    const worker = new Worker(module, { workerData: task, name, resourceLimits: RESOURCES });
    this.worker = worker;
    worker.on('message', (message: Message) => this.onMessage(message));
    worker.on('error', (error) => this.log.error({ err: error, thread: name }, 'a thread failed'));
    worker.on('exit', () => this.exited());
  }

  /** It does its work: when it dies the next time, the pause is short again. */
  works(): void {
    this.restart_ms = 100;
  }

  /** Lets it finish what is in hand. */
  async stop(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.restartTimer);
    const { worker } = this;
    if (!worker) return;
    const exited = once(worker, 'exit');
    worker.postMessage('stop');
    const timer = setTimeout(() => void worker.terminate(), this.options.stop_ms_max);
    await exited;
    clearTimeout(timer);
  }

  private exited(): void {
    this.worker = undefined;
    if (this.stopping) return;
    this.onDeath();
    this.log.warn({ restart_ms: this.restart_ms, thread: this.options.name }, 'a thread ended and is started again');
    this.restartTimer = setTimeout(() => this.start(), this.restart_ms * (0.5 + Math.random() / 2));
    this.restart_ms = Math.min(this.restart_ms * 2, RESTART_MS_MAX);
  }
}

/** What a thread needs to open its own connections: the settings as plain values, and the one secret. */
export interface ThreadTask {
  readonly settings: object;
  readonly master_key: Uint8Array;
}
