import { withoutValue } from '../dead-letter.js';
import type { Log } from '../log.js';
import type { KafkaClient } from './client.js';
import { RecordSender } from './record-sender.js';

/** A letter that can never be sent whole must not hold its partition for ever. */
export const letterSender = (client: KafkaClient, topic: string, log: Log): RecordSender =>
  new RecordSender(client, { topic, what: 'dead letters', shrink: withoutValue }, log);
