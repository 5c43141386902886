import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import { inPortions } from '#flow';
import { StoreOverloaded } from '../event-store.js';
import type { FromWriter, ToWriter, WriteAnswer, WriteRequest, WriterOptions } from './messages.js';

interface Waiting {
  readonly weight: number;
  readonly resolve: (answer: WriteAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** Node cannot start a worker from TypeScript: tests that run the sources use its compiled twin under dist. */
function compiled(url: string): URL {
  return new URL(
    url.endsWith('.ts') ? url.replace(/\/(?=libs\/(?!.*\/libs\/))/, '/dist/').replace(/\.ts$/, '.js') : url,
  );
}

const workerFile = (): URL => compiled(import.meta.url.replace(/writer-thread\.(ts|js)$/, 'writer.worker.$1'));

const weightOf = ({ write }: WriteRequest): number => (typeof write === 'string' ? 1 : Math.max(1, write.length));

/** The main thread's side of the writer: sends the requests of one turn together and bounds the queue. */
export class WriterThread {
  readonly #worker: Worker;
  readonly #exited: Promise<unknown>;
  readonly #waiting: Waiting[] = [];
  readonly #queueMax: number;
  #unsent: WriteRequest[] = [];
  #queued = 0;
  #failure: Error | undefined;

  constructor(options: WriterOptions, queueMax: number) {
    this.#queueMax = queueMax;
    this.#worker = new Worker(workerFile(), { workerData: options });
    this.#worker.on('message', (answers: FromWriter) => void this.#settle(answers));
    this.#worker.on('error', (error) => this.#fail(new Error(`the event store's writer failed: ${String(error)}`)));
    this.#worker.on('exit', (code) => this.#fail(new Error(`the event store's writer ended with code ${code}`)));
    this.#exited = once(this.#worker, 'exit').catch(() => undefined);
    this.#worker.unref();
  }

  /** Resolves when the request is decided and durable; throws StoreOverloaded when the queue is full. */
  send(request: WriteRequest): Promise<WriteAnswer> {
    const weight = weightOf(request);
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#queued + weight > this.#queueMax) {
      return Promise.reject(new StoreOverloaded(`${this.#queued} events are waiting to be written already`));
    }
    if (this.#queued === 0) this.#worker.ref();
    if (this.#unsent.length === 0) setImmediate(() => this.#flush());
    this.#queued += weight;
    this.#unsent.push(request);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ weight, resolve, reject });
    });
  }

  /** Writes all accepted requests, then ends the thread. */
  async close(): Promise<void> {
    this.#flush();
    this.#failure ??= new Error('the event store is closed');
    this.#post('close');
    this.#worker.ref();
    await this.#exited;
  }

  #flush(): void {
    if (this.#unsent.length === 0) return;
    this.#post(this.#unsent);
    this.#unsent = [];
  }

  #post(message: ToWriter): void {
    this.#worker.postMessage(message);
  }

  async #settle(answers: FromWriter): Promise<void> {
    const waiting = this.#waiting.splice(0, answers.length);
    for (const { weight } of waiting) this.#queued -= weight;
    if (this.#queued === 0) this.#worker.unref();
    const settled = waiting.map(({ resolve }, index) => ({ resolve, answer: answers[index] as WriteAnswer }));
    // each answer may set off another decision
    for await (const portion of inPortions(settled)) for (const { resolve, answer } of portion) resolve(answer);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
    this.#queued = 0;
  }
}
