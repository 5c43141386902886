import { existsSync, statSync } from 'node:fs';
import {
  EventStoreDbEventStore,
  type EventStore,
  type KeyStore,
  PostgresKeyStore,
  SqliteEventStore,
  SqliteKeyStore,
} from '#event-store';
import { NewerReadModel, ReadModel } from '#read-model';
import type { Broker } from './broker.js';
import { type Config, ConfigError } from './config.js';
import { KafkaBroker } from './kafka-broker.js';
import type { Log } from './ops/log.js';

/* The only place that names an adapter: which engine is behind a port follows from the settings alone. */

export async function openEventStore(config: Config): Promise<EventStore> {
  return config.EVENT_STORE_URL === undefined
    ? SqliteEventStore.open({ file: config.path('events.db') })
    : EventStoreDbEventStore.open({ url: config.EVENT_STORE_URL });
}

/** For a thread beside the one that writes. */
export async function openEventStoreToRead(config: Config): Promise<EventStore> {
  return config.EVENT_STORE_URL === undefined
    ? SqliteEventStore.open({ file: config.path('events.db'), readonly: true })
    : openEventStore(config);
}

export async function openKeyStore(config: Config, master_key: Buffer): Promise<KeyStore> {
  return config.DATABASE_URL === undefined
    ? SqliteKeyStore.open({ file: config.path('keys.db'), master_key })
    : PostgresKeyStore.open({ url: config.DATABASE_URL, master_key });
}

/** Throws ConfigError when a newer version has been at work on it. */
export async function openReadModel(config: Config): Promise<ReadModel> {
  const { DATABASE_URL: url, DATABASE_CONNECTIONS_MAX: connections_max } = config;
  try {
    return await ReadModel.open(url === undefined ? { file: config.path('read-model.db') } : { url, connections_max });
  } catch (error) {
    if (!(error instanceof NewerReadModel)) throw error;
    const rows = placeOfReadModel(config);
    throw new ConfigError(
      `Settings: ${rows} was made by a newer version of this service: start that one, or empty ${rows} and lose the jobs, webhooks and schemas in it`,
    );
  }
}

/** Only where the settings name brokers. */
export const openBroker = (config: Config, log: Log): Broker => new KafkaBroker(config, log);

/** Where the rows are, for a person. */
export function placeOfReadModel(config: Config): string {
  return config.DATABASE_URL === undefined ? config.path('read-model.db') : 'the database';
}

/**
 * Files that belong together are all there: no new keys are made beside a history that needs the old ones.
 * Throws ConfigError.
 */
export async function assertKeysPresent(config: Config): Promise<void> {
  const [events, keys] = [config.path('events.db'), config.path('keys.db')];
  if (!config.isEmbedded || config.DATABASE_URL !== undefined) return;
  if (existsSync(keys) || !existsSync(events) || statSync(events).size === 0) return;
  const store = await openEventStoreToRead(config);
  const head = await store.head();
  await store.close();
  if (head > 0n)
    throw new ConfigError(`Settings: ${keys} is missing, and nothing personal in ${events} can be read without it`);
}
