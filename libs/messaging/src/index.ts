export type { Fault, DeadLetter, Settlement } from './dead-letter.js';
export { factOf } from './fact-record.js';
export {
  type KafkaClient,
  kafkaClient,
  type KafkaClientOptions,
  saslLogin,
  type SaslLogin,
  type TlsOptions,
} from './kafka/client.js';
export { Fenced, PublishFailed, ShardPublisher, type ShardPublisherOptions } from './kafka/customers-publisher.js';
export { DeadLetters, type DeadLettersOptions } from './kafka/dead-letters.js';
export {
  type ConsumerReports,
  type ConsumerState,
  FactsConsumer,
  type FactsConsumerOptions,
} from './kafka/facts-consumer.js';
export { RecordSender, REQUEST_BYTES_MAX } from './kafka/record-sender.js';
export { ensureTopics, type TopicNames, topicNames, type TopicOptions, WrongTopic } from './kafka/topics.js';
export type { Log } from './log.js';
export type { Outgoing } from './outgoing.js';
export type { RecordOutcome } from './partition-work.js';
export type { PlacedRecord } from './record.js';
export type { FactHandler, FactVerdict } from './verdict.js';
