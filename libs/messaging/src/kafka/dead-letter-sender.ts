import { withoutValue } from '../dead-letter.js';
import type { Log } from '../log.js';
import type { KafkaClient } from './client.js';
import { RecordSender } from './record-sender.js';

/** Drops the value of a dead letter that is too large, which would block its partition for ever. */
export const deadLetterSender = (client: KafkaClient, topic: string, log: Log): RecordSender =>
  new RecordSender(client, { topic, what: 'dead letters', shrink: withoutValue }, log);
