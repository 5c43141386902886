import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { Decoder, Keyring } from '#event-store';
import { Projector, PROJECTOR } from '#read-model';
import { openEventStoreToRead, openKeyStore, openReadModel } from '../adapters.js';
import { customerCodec } from '../codec.js';
import { Config } from '../config.js';
import type { FromProjector, ProjectorTask } from './messages.js';

/* The projector's thread: connections of its own, progress and trouble to the main thread, until it says `stop`. */

if (parentPort) await project(parentPort, workerData as ProjectorTask);

async function project(main: MessagePort, task: ProjectorTask): Promise<void> {
  const tell = (message: FromProjector): void => main.postMessage(message);
  const stopping = new AbortController();
  main.once('message', () => stopping.abort());
  const config = Object.assign(new Config(), task.settings);
  const store = await openEventStoreToRead(config);
  const keys = await openKeyStore(config, Buffer.from(task.master_key));
  const model = await openReadModel(config);
  const keyring = new Keyring(keys);
  const projector = new Projector(model, store, new Decoder(customerCodec, keyring), {
    ...config.lease,
    shards: config.SHARDS,
    batch_size_max: config.PROJECTOR_BATCH_MAX,
    onBatch: (progress) => {
      // the key of whoever was erased is destroyed by the main thread: no copy stays here
      if (progress.erased) keyring.forgetAll();
      tell({ kind: 'progress', progress });
    },
    onTrouble: (error) => tell({ kind: 'trouble', error: `The projector tries again after ${nameOf(error)}` }),
  });
  try {
    tell({ kind: 'started', position: (await model.reached(PROJECTOR))?.position ?? 0n });
    await projector.run(stopping.signal);
  } catch (error) {
    tell({ kind: 'trouble', error: `The projector stopped: ${nameOf(error)}` });
    throw error;
  } finally {
    await Promise.all([store.close(), keys.close(), model.close()]);
    main.close();
  }
}

/** Messages may quote data; names do not. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.constructor.name : typeof error;
}
