import type { Command } from 'commander';
import { kafkaClient, saslLogin } from '#messaging';
import { Complaint } from './complaint.js';

export interface BrokerOptions {
  readonly brokers?: string;
  readonly security: string;
  readonly sasl?: string;
}

/** What the client says of itself is no news to a person; what fails is thrown. */
export const QUIET = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined };

/** The options that say which brokers, as the service's settings do. */
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
