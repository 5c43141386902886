import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { CustomerEvent } from '#customer';
import { Decoder, type EventStore, Keyring } from '#event-store';
import type { Operations } from '#operations';
import type { ReadModel } from '#read-model';
import { openEventStoreToRead, openKeyStore, openOperations, openReadModel } from '../adapters.js';
import { customerCodec } from '../codec.js';
import { Config } from '../config.js';
import type { FromWorker, ToWorker, WorkerTask } from './worker-thread.js';

/** The connections and callbacks of a thread. */
export interface Workplace<Report> {
  readonly config: Config;
  readonly master_key: Buffer;
  readonly store: EventStore;
  readonly keyring: Keyring;
  readonly decoder: Decoder<CustomerEvent>;
  readonly model: ReadModel;
  readonly operations: Operations;
  readonly tell: (report: Report) => void;
  /** Reports each failure of the work. */
  readonly fails: (error: string) => void;
  /** Aborts when the main thread says `stop`. */
  readonly signal: AbortSignal;
}

/** Runs a thread's work on its own connections, and closes them. Does nothing outside of a thread. */
export async function work<Report>(run: (place: Workplace<Report>) => Promise<void>): Promise<void> {
  if (!parentPort) return;
  const main: MessagePort = parentPort;
  const stopping = new AbortController();
  main.once('message', (_message: ToWorker) => stopping.abort());
  const { settings, master_key } = workerData as WorkerTask;
  const config = Object.assign(new Config(), settings);
  const store = await openEventStoreToRead(config);
  const secret = Buffer.from(master_key);
  const keys = await openKeyStore(config, secret);
  const operations = await openOperations(config);
  const model = await openReadModel(config);
  const keyring = new Keyring(keys);
  const decoder = new Decoder<CustomerEvent>(customerCodec, keyring);
  const post = (message: FromWorker<Report>): void => main.postMessage(message);
  const tell = (report: Report): void => post({ kind: 'report', report });
  const fails = (error: string): void => post({ kind: 'failed', error });
  post({ kind: 'ready' });
  try {
    const { signal } = stopping;
    await run({ config, master_key: secret, store, keyring, decoder, model, operations, tell, fails, signal });
  } finally {
    await Promise.all([store.close(), keys.close(), model.close(), operations.close()]);
    main.close();
  }
}

/** The class of an error, because its message may quote data. */
export const nameOf = (error: unknown): string => (error instanceof Error ? error.constructor.name : typeof error);
