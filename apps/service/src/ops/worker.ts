import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { CustomerEvent } from '#customer';
import { Decoder, type EventStore, Keyring } from '#event-store';
import type { Operations } from '#operations';
import type { ReadModel } from '#read-model';
import { openEventStoreToRead, openKeyStore, openOperations, openReadModel } from '../adapters.js';
import { customerCodec } from '../codec.js';
import { Config } from '../config.js';
import type { ThreadTask } from './thread.js';

/** What a thread works with: connections of its own. */
export interface Workplace<Message> {
  readonly config: Config;
  readonly master_key: Buffer;
  readonly store: EventStore;
  readonly keyring: Keyring;
  readonly decoder: Decoder<CustomerEvent>;
  readonly model: ReadModel;
  readonly operations: Operations;
  readonly tell: (message: Message) => void;
  /** Aborts when the main thread says `stop`. */
  readonly signal: AbortSignal;
}

/** Runs a thread's work on connections of its own, which are closed behind it. Does nothing outside of a thread. */
export async function work<Message>(run: (place: Workplace<Message>) => Promise<void>): Promise<void> {
  if (!parentPort) return;
  const main: MessagePort = parentPort;
  const stopping = new AbortController();
  main.once('message', () => stopping.abort());
  const { settings, master_key } = workerData as ThreadTask;
  const config = Object.assign(new Config(), settings);
  const store = await openEventStoreToRead(config);
  const secret = Buffer.from(master_key);
  const keys = await openKeyStore(config, secret);
  const operations = await openOperations(config);
  const model = await openReadModel(config);
  const keyring = new Keyring(keys);
  const decoder = new Decoder<CustomerEvent>(customerCodec, keyring);
  const tell = (message: Message): void => main.postMessage(message);
  try {
    const { signal } = stopping;
    await run({ config, master_key: secret, store, keyring, decoder, model, operations, tell, signal });
  } finally {
    await Promise.all([store.close(), keys.close(), model.close(), operations.close()]);
    main.close();
  }
}

/** Messages may quote data; names do not. */
export const nameOf = (error: unknown): string => (error instanceof Error ? error.constructor.name : typeof error);
