import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { customerCodec } from '../../apps/service/src/codec.js';
import { Config } from '../../apps/service/src/config.js';
import { customer, type CustomerEvent, type CustomerState, weightOf } from '#customer';
import { Repository, Decoder, Keyring, SqliteEventStore, SqliteKeyStore } from '#event-store';
import { type Judge, Projector, ReadModel } from '#read-model';

export const MASTER_KEY = Buffer.alloc(32, 1);

/** The parts of the service on a directory that is removed afterwards. */
export interface Scratch {
  readonly directory: string;
  readonly store: SqliteEventStore;
  readonly repository: Repository<CustomerState, CustomerEvent>;
  readonly model: ReadModel;
  readonly decoder: Decoder<CustomerEvent>;
  /** Lets go of the files, so that another process can open them. */
  close(): Promise<void>;
  /** Projects everything that is there; answers with the number of events. */
  project(judge?: Judge): Promise<number>;
}

export async function withScratch<T>(use: (scratch: Scratch) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'ledger-bench-'));
  const store = await SqliteEventStore.open({ file: join(directory, 'events.db') });
  const keys = await SqliteKeyStore.open({ file: join(directory, 'keys.db'), master_key: MASTER_KEY });
  const keyring = new Keyring(keys);
  const model = await ReadModel.open({ file: join(directory, 'read-model.db') });
  const decoder = new Decoder<CustomerEvent>(customerCodec, keyring);
  const repository = new Repository<CustomerState, CustomerEvent>(store, customerCodec, keyring, customer, {
    now: () => new Date().toISOString(),
    weigh: (state) => 1 + weightOf(state),
    cache_weight_max: 500_000,
    isSoleWriter: true,
  });
  const project = async (judge?: Judge): Promise<number> => {
    const done = new AbortController();
    let events = 0;
    const projector = new Projector(model, store, decoder, {
      batch_size_max: new Config().PROJECTOR_BATCH_MAX,
      ...(judge && { judge }),
      onBatch: ({ applied, caught_up }) => {
        events += applied;
        if (caught_up) done.abort();
      },
    });
    await projector.run(done.signal);
    return events;
  };
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    await store.close();
    await Promise.all([keys.close(), model.close()]);
  };
  try {
    return await use({ directory, store, repository, model, decoder, project, close });
  } finally {
    await close();
    await rm(directory, { recursive: true, force: true });
  }
}
