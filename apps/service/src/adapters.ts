import { existsSync, statSync } from 'node:fs';
import {
  type EventStore,
  type KeyStore,
  openEventStoreDb,
  PostgresKeyStore,
  SqliteEventStore,
  SqliteKeyStore,
} from '#event-store';
import { type DatabaseOptions, NewerTables } from '#database';
import { Operations, type OperationsOptions } from '#operations';
import { ReadModel } from '#read-model';
import type { Broker } from './broker.js';
import { type Config, ConfigError } from './config.js';
import type { Log } from './ops/log.js';

/* The only file that names adapters. The settings alone select the engine behind each port. */

export async function openEventStore(config: Config): Promise<EventStore> {
  return config.EVENT_STORE_URL === undefined
    ? SqliteEventStore.open({ file: config.path('events.db') })
    : openEventStoreDb({ url: config.EVENT_STORE_URL });
}

/** Opens the event store for threads that only read. */
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

/** Throws ConfigError for tables of a newer version. */
export async function openReadModel(config: Config): Promise<ReadModel> {
  try {
    return await ReadModel.open(readModelOptions(config));
  } catch (error) {
    if (!(error instanceof NewerTables)) throw error;
    const rows = placeOfReadModel(config);
    throw new ConfigError(
      `Settings: ${rows} comes from a newer version of this service: start that version, or empty ${rows} for a rebuild`,
    );
  }
}

const readModelOptions = (config: Config): DatabaseOptions => {
  const { DATABASE_URL: url, DATABASE_CONNECTIONS_MAX: connections_max } = config;
  return url === undefined ? { file: config.path('read-model.db') } : { url, connections_max };
};

const OPERATIONS_SCHEMA = 'operations';
const OPERATIONS_CONNECTIONS_MAX = 5;

/** Throws ConfigError for tables of a newer version. */
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
      `Settings: ${placeOfOperations(config)} comes from a newer version of this service: start that version, or restore an earlier backup`,
    );
  }
}

/** Opens operations at the start, before the read model: version 0.1.0 kept these records there, and they are moved. */
export const takeOverOperations = (config: Config): Promise<Operations> =>
  openOperations(config, { former: readModelOptions(config) });

/** Requires brokers in the settings. */
export async function openBroker(config: Config, log: Log): Promise<Broker> {
  // loaded with its first use only, because most threads have none
  const { KafkaBroker } = await import('./kafka-broker.js');
  return new KafkaBroker(config, log);
}

/** The place of the read model, for messages. */
export function placeOfReadModel(config: Config): string {
  return config.DATABASE_URL === undefined ? config.path('read-model.db') : 'the database';
}

/** The place of operations, for messages. */
export function placeOfOperations(config: Config): string {
  return config.DATABASE_URL === undefined ? config.path('operations.db') : `the schema ${OPERATIONS_SCHEMA}`;
}

/**
 * Checks that a history comes with its keys, because new keys could not read it.
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
    throw new ConfigError(`Settings: ${keys} is missing: personal data in ${events} cannot be read without it`);
}
