import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { eventually } from '../../support/wait.js';

const { Kafka, logLevel, Partitioners } = kafkajs;
const SILENCE_MS_MAX = 90_000;
const QUIET_MS = 1_500;
const BATCH = 500;

export interface Sent {
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Read {
  readonly partition: number;
  readonly key: string;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

export const clientOf = (brokers: string): kafkajs.Kafka =>
  new Kafka({
    clientId: 'ledger-tests',
    brokers: brokers.split(','),
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 100 },
  });

/** Lets go of the connection whatever becomes of the work: Jest would wait for it for ever. */
export async function administer<T>(brokers: string, work: (admin: kafkajs.Admin) => Promise<T>): Promise<T> {
  const admin = clientOf(brokers).admin();
  try {
    await admin.connect();
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** A topic that every broker knows. Its creation alone says so too early, and kafkajs does not look again. */
export async function createTopic(brokers: string, topic: kafkajs.ITopicConfig): Promise<void> {
  await administer(brokers, async (admin) => {
    await admin.createTopics({ topics: [topic], waitForLeaders: false });
    await eventually(async () => void (await admin.fetchTopicMetadata({ topics: [topic.topic] })));
  });
}

/** Sends until everything is acknowledged, in order, each message once. */
export async function send(brokers: string, topic: string, messages: readonly Sent[]): Promise<void> {
  const producer = clientOf(brokers).producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  for (let n = 0; n < messages.length; n += BATCH)
    await producer.send({ topic, acks: -1, messages: messages.slice(n, n + BATCH).map((one) => ({ ...one })) });
  await producer.disconnect();
}

/** All that a reader of committed messages finds in a topic, each partition in order. */
export async function readTopic(brokers: string, topic: string): Promise<Read[]> {
  const consumer = clientOf(brokers).consumer({
    groupId: `reader-${topic}-${Math.random()}`,
    readUncommitted: false,
    maxWaitTimeInMs: 100,
  });
  const read: Read[] = [];
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await untilQuiet(consumer, (partition, { key, value, headers }) => {
      read.push({ partition, key: String(key), value: value && value.toString(), headers: textOf(headers) });
    });
  } finally {
    await consumer.disconnect();
  }
  return read.sort((one, other) => one.partition - other.partition);
}

/** Hidden marks of transactions end a partition too, so the end is where nothing more comes. */
async function untilQuiet(
  consumer: kafkajs.Consumer,
  take: (partition: number, message: kafkajs.KafkaMessage) => void,
): Promise<void> {
  const end_ms = performance.now() + SILENCE_MS_MAX;
  let lastly_ms = Infinity;
  consumer.on('consumer.group_join', () => (lastly_ms = performance.now()));
  await consumer.run({
    eachMessage: ({ partition, message }) => {
      lastly_ms = performance.now();
      take(partition, message);
      return Promise.resolve();
    },
  });
  while (performance.now() < lastly_ms + QUIET_MS || lastly_ms === Infinity) {
    if (performance.now() > end_ms) throw new Error('the topic is not read to its end');
    await sleep(50);
  }
}

const textOf = (headers: kafkajs.IHeaders | undefined): Record<string, string> =>
  Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]));
