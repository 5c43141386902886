import { existsSync, statSync } from 'node:fs';
import { Global, Module, type Provider } from '@nestjs/common';
import { customer, type CustomerEvent, type CustomerState } from '#customer';
import {
  Aggregates,
  Claims,
  Decoder,
  EventStore,
  Keyring,
  KeyStore,
  SqliteEventStore,
  SqliteKeyStore,
} from '#event-store';
import { ReadModel } from '#read-model';
import { SOURCE_IDS } from './commands/customer-streams.js';
import { IDEMPOTENCY_KEYS, IdempotencyClaims, IdempotencySecret } from './commands/idempotency.js';
import { customerCodec } from './codec.js';
import { Config, ConfigError } from './config.js';
import { Assets } from './http/assets.js';
import { Clock } from './ops/clock.js';
import { Secrets } from './secrets.js';

/** What a customer takes in memory besides orders, redemptions, ..., counted in these. */
const CUSTOMER_WEIGHT = 10;

/**
 * Files that belong together are all there: keys are not made anew beside a history that needs the old ones.
 * Throws ConfigError.
 */
export async function assertKeysPresent(config: Config): Promise<void> {
  const [events, keys] = [config.path('events.db'), config.path('keys.db')];
  if (existsSync(keys) || !existsSync(events) || statSync(events).size === 0) return;
  const store = await SqliteEventStore.open({ file: events, readonly: true });
  const head = await store.head();
  await store.close();
  if (head > 0n)
    throw new ConfigError(`Settings: ${keys} is missing, and nothing personal in ${events} can be read without it`);
}

/** The only place that names an adapter. */
const adapters: Provider[] = [
  {
    provide: EventStore,
    inject: [Config],
    useFactory: (config: Config) => SqliteEventStore.open({ file: config.path('events.db') }),
  },
  {
    provide: KeyStore,
    inject: [Config, Secrets],
    useFactory: (config: Config, { master_key }: Secrets) =>
      SqliteKeyStore.open({ file: config.path('keys.db'), master_key }),
  },
  {
    provide: ReadModel,
    inject: [Config],
    useFactory: (config: Config) => ReadModel.open({ file: config.path('read-model.db') }),
  },
];

/** What stands on the ports, whatever is behind them. */
const parts: Provider[] = [
  Clock,
  { provide: Keyring, inject: [KeyStore], useFactory: (keys: KeyStore) => new Keyring(keys) },
  { provide: Decoder, inject: [Keyring], useFactory: (keyring: Keyring) => new Decoder(customerCodec, keyring) },
  {
    provide: Aggregates,
    inject: [EventStore, Keyring, Clock, Config],
    useFactory: (store: EventStore, keyring: Keyring, clock: Clock, config: Config) =>
      new Aggregates<CustomerState, CustomerEvent>(store, customerCodec, keyring, customer, {
        now: () => clock.now(),
        weigh: (state) => CUSTOMER_WEIGHT + state.entities.size,
        cache_weight_max: config.CACHE_ENTITIES_MAX,
        isSoleWriter: true,
      }),
  },
  {
    provide: Claims,
    inject: [EventStore, KeyStore, Clock],
    useFactory: async (store: EventStore, keys: KeyStore, clock: Clock) =>
      new Claims(store, SOURCE_IDS, await keys.index(), () => clock.now()),
  },
  {
    provide: IdempotencyClaims,
    inject: [EventStore, KeyStore, Clock],
    useFactory: async (store: EventStore, keys: KeyStore, clock: Clock) =>
      new IdempotencyClaims(store, IDEMPOTENCY_KEYS, await keys.index(), () => clock.now()),
  },
  {
    provide: IdempotencySecret,
    inject: [KeyStore],
    useFactory: async (keys: KeyStore) => new IdempotencySecret(await keys.index()),
  },
  {
    provide: Assets,
    inject: [Config, Secrets],
    useFactory: (config: Config, { master_key }: Secrets) => new Assets(config, master_key),
  },
];

@Global()
@Module({ providers: [...adapters, ...parts], exports: [...adapters, ...parts] })
export class AdaptersModule {}
