import kafkajs, { type Kafka, type logCreator, type SASLOptions } from 'kafkajs';
import type { Log } from '../log.js';

/** A connection to the brokers. */
export type KafkaClient = Kafka;

export interface TlsOptions {
  /** PEM. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
}

export interface SaslLogin {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

export interface KafkaClientOptions {
  /** `host:port` of some brokers. */
  readonly brokers: readonly string[];
  readonly client_id: string;
  readonly ssl?: boolean | TlsOptions;
  readonly sasl?: SaslLogin;
  /** Default 5 s. */
  readonly connection_timeout_ms?: number;
  /** Default 15 s. */
  readonly request_timeout_ms?: number;
}

/** `mechanism:username:password`, as settings have it. */
export function saslLogin(text: string): SaslLogin {
  const [mechanism = '', username = '', ...password] = text.split(':');
  return { mechanism: mechanism as SaslLogin['mechanism'], username, password: password.join(':') };
}

const CONNECTION_MS = 5_000;
const REQUEST_MS = 15_000;
const AUTHENTICATION_MS = 10_000;

/** Connects lazily; every request has a deadline and a bounded number of tries. */
export function kafkaClient(options: KafkaClientOptions, log: Log): KafkaClient {
  return new kafkajs.Kafka({
    brokers: [...options.brokers],
    clientId: options.client_id,
    ssl: typeof options.ssl === 'object' ? { ...options.ssl } : (options.ssl ?? false),
    ...(options.sasl && { sasl: { ...options.sasl } as SASLOptions }),
    connectionTimeout: options.connection_timeout_ms ?? CONNECTION_MS,
    requestTimeout: options.request_timeout_ms ?? REQUEST_MS,
    authenticationTimeout: AUTHENTICATION_MS,
    enforceRequestTimeout: true,
    retry: { initialRetryTime: 100, maxRetryTime: 5_000, multiplier: 2, factor: 0.3, retries: 5 },
    logLevel: kafkajs.logLevel.INFO,
    logCreator: logTo(log),
  });
}

/** The log fields of the client that are passed on: names and numbers, never keys, headers or values. */
const PASSED_ON = ['groupId', 'memberId', 'broker', 'topic', 'partition', 'retryCount', 'retryTime', 'error'] as const;
/** Expected warnings: producers are discarded instead of retrying for ever, and transactions follow closely. */
const EXPECTED = /Limiting retries for the idempotent producer|another concurrent operation on the same transaction/;

/** Errors of the client are warnings: its user decides which ones are errors. */
const logTo =
  (log: Log): logCreator =>
  () =>
  ({ namespace, level, log: { message, ...rest } }) => {
    const given: Readonly<Record<string, unknown>> = rest;
    if (EXPECTED.test(`${message} ${String(given['error'])}`)) return;
    const fields = Object.fromEntries(PASSED_ON.flatMap((name) => (isPlain(given[name]) ? [[name, given[name]]] : [])));
    log[level <= kafkajs.logLevel.WARN ? 'warn' : 'debug']({ from: 'kafka', namespace, ...fields }, message);
  };

const isPlain = (value: unknown): boolean => typeof value === 'string' || typeof value === 'number';
