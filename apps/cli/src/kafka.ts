import type { Command } from 'commander';
import { kafkaClient, saslLogin } from '#messaging';
import { Complaint } from './complaint.js';

export interface BrokerOptions {
  readonly brokers?: string;
  readonly security: string;
  readonly sasl?: string;
}

/** The client's log does not concern a user; failures are thrown. */
export const QUIET = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined };

/** The options for the brokers, with the settings of the service as defaults. */
export const brokerOptions = (command: Command): Command =>
  command
    .option('--brokers <host:port,...>', 'Kafka (KAFKA_BROKERS)', process.env['KAFKA_BROKERS'])
    .option('--security <none|tls>', '(KAFKA_SECURITY)', process.env['KAFKA_SECURITY'] ?? 'none')
    .option('--sasl <mechanism:user:password>', '(KAFKA_SASL)', process.env['KAFKA_SASL']);

export function clientOf({ brokers, security, sasl }: BrokerOptions): ReturnType<typeof kafkaClient> {
  if (brokers === undefined) throw new Complaint('Name the brokers: KAFKA_BROKERS=host:port or --brokers host:port');
  const options = { brokers: brokers.split(','), client_id: 'customer-ledger-cli', ssl: security === 'tls' };
  return kafkaClient({ ...options, ...(sasl !== undefined && { sasl: saslLogin(sasl) }) }, QUIET);
}
