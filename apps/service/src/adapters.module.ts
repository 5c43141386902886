import { Global, Module, type Provider } from '@nestjs/common';
import { EventStore, KeyStore } from '#event-store';
import { Operations } from '#operations';
import { ReadModel } from '#read-model';
import { openEventStore, openKeyStore, openReadModel, takeOverOperations } from './adapters.js';
import { Config } from './config.js';
import { Log } from './ops/log.js';
import { Secrets } from './secrets.js';

const adapters: Provider[] = [
  { provide: EventStore, inject: [Config], useFactory: openEventStore },
  {
    provide: KeyStore,
    inject: [Config, Secrets],
    useFactory: (config: Config, { master_key }: Secrets) => openKeyStore(config, master_key),
  },
  { provide: Operations, inject: [Config], useFactory: takeOverOperations },
  {
    provide: ReadModel,
    // first, because a migration of the read model drops the moved records
    inject: [Config, Log, Operations],
    useFactory: async (config: Config, log: Log) => {
      const model = await openReadModel(config);
      const { from, to } = model.renewal ?? {};
      if (from !== to)
        log.warn(
          { from, to },
          'this version folds the history differently from the one before: all rows are rebuilt, and reads answer 503 until they are complete',
        );
      return model;
    },
  },
];

/** Parts that use only the ports. */
@Global()
@Module({ providers: adapters, exports: adapters })
export class AdaptersModule {}
