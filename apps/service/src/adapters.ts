import { existsSync, statSync } from 'node:fs';
import {
  EventStoreDbEventStore,
  type EventStore,
  type KeyStore,
  PostgresKeyStore,
  SqliteEventStore,
  SqliteKeyStore,
} from '#event-store';
import { type DatabaseOptions, NewerTables } from '#database';
import { Operations, type OperationsOptions } from '#operations';
import { ReadModel } from '#read-model';
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
  try {
    return await ReadModel.open(readModelOptions(config));
  } catch (error) {
    if (!(error instanceof NewerTables)) throw error;
    const rows = placeOfReadModel(config);
    throw new ConfigError(
      `Settings: ${rows} was made by a newer version of this service: start that one, or empty ${rows}, which is then made anew`,
    );
  }
}

const readModelOptions = (config: Config): DatabaseOptions => {
  const { DATABASE_URL: url, DATABASE_CONNECTIONS_MAX: connections_max } = config;
  return url === undefined ? { file: config.path('read-model.db') } : { url, connections_max };
};

const OPERATIONS_SCHEMA = 'operations';
const OPERATIONS_CONNECTIONS_MAX = 5;

/** Throws ConfigError when a newer version has been at work on it. */
export async function openOperations(
  config: Config,
  more: Pick<OperationsOptions, 'former'> = {},
): Promise<Operations> {
  const { DATABASE_URL: url } = config;
  const connections = { schema: OPERATIONS_SCHEMA, connections_max: OPERATIONS_CONNECTIONS_MAX };
  try {
    return await Operations.open({
      ...(url === undefined ? { file: config.path('operations.db') } : { url, ...connections }),
      ...more,
    });
  } catch (error) {
    if (!(error instanceof NewerTables)) throw error;
    throw new ConfigError(
      `Settings: ${placeOfOperations(config)} was made by a newer version of this service: start that one, or bring back a backup from before it`,
    );
  }
}

/** The same at the start of the service, before the read model is opened: what that kept in version 0.1.0 is moved. */
export const takeOverOperations = (config: Config): Promise<Operations> =>
  openOperations(config, { former: readModelOptions(config) });

/** Only where the settings name brokers. */
export const openBroker = (config: Config, log: Log): Broker => new KafkaBroker(config, log);

/** Where the rows are, for a person. */
export function placeOfReadModel(config: Config): string {
  return config.DATABASE_URL === undefined ? config.path('read-model.db') : 'the database';
}

/** Where asynchronous actions, webhooks and the like are, for a person. */
export function placeOfOperations(config: Config): string {
  return config.DATABASE_URL === undefined ? config.path('operations.db') : `the schema ${OPERATIONS_SCHEMA}`;
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
