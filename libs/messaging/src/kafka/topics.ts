import kafkajs, { type Admin, type ITopicConfig } from 'kafkajs';
import { inTime, retry, within } from '#flow';
import type { Log } from '../log.js';
import type { KafkaClient } from './client.js';

export interface TopicNames {
  readonly facts: string;
  readonly dead_letters: string;
  readonly events: string;
  readonly customers: string;
}

export const topicNames = (prefix: string): TopicNames => ({
  facts: `${prefix}.facts`,
  dead_letters: `${prefix}.facts.dlq`,
  events: `${prefix}.customer-events`,
  customers: `${prefix}.customers`,
});

export interface TopicOptions {
  readonly prefix: string;
  /** For new topics; -1 is the broker's default. Adding partitions later moves keys and breaks their order. */
  readonly partitions?: number;
  readonly replication?: number;
}

/** An existing topic has a cleanup.policy that would lose data or keep it for ever. */
export class WrongTopic extends Error {
  override readonly name = 'WrongTopic';

  constructor(
    readonly topic: string,
    actual: string,
    wanted: string,
  ) {
    super(
      `Topic ${topic} has cleanup.policy=${actual} and needs ${wanted}: set it ` +
        `(kafka-configs.sh --alter --entity-type topics --entity-name ${topic} --add-config cleanup.policy=${wanted}) ` +
        `or choose another prefix`,
    );
  }
}

type Policy = 'delete' | 'compact';
type Settings = Readonly<Record<string, string>> & { readonly 'cleanup.policy': Policy };

const DAY_MS = 86_400_000;
const TOPICS_MS_MAX = 60_000;
const NOT_YET_PAUSES = { first_ms: 100, last_ms: 2_000 };

const SETTINGS: Readonly<Record<keyof TopicNames, Settings>> = {
  // brokers unpack codecs that kafkajs lacks: such a batch would stop the consumer for good
  facts: { 'cleanup.policy': 'delete', 'compression.type': 'uncompressed' },
  // a dead letter is larger than its original by its headers, and waits for a person
  dead_letters: { 'cleanup.policy': 'delete', 'max.message.bytes': '2097152', 'retention.ms': String(30 * DAY_MS) },
  events: { 'cleanup.policy': 'delete', 'max.message.bytes': '4194304' },
  // without the lag, compaction would never remove a tombstone in a quiet partition
  customers: {
    'cleanup.policy': 'compact',
    'max.message.bytes': '4194304',
    'max.compaction.lag.ms': String(DAY_MS),
  },
};

const KINDS = Object.keys(SETTINGS) as (keyof TopicNames)[];

/** Creates missing topics and checks existing ones; safe to run concurrently. Throws WrongTopic. */
export async function ensureTopics(client: KafkaClient, options: TopicOptions, log: Log): Promise<TopicNames> {
  const names = topicNames(options.prefix);
  const admin = client.admin();
  try {
    await prepare(admin, names, options, log);
    return names;
  } finally {
    await inTime(TOPICS_MS_MAX, admin.disconnect()).catch(() => undefined);
  }
}

/** Brokers learn of new topics one by one, so the check is repeated. */
async function prepare(admin: Admin, names: TopicNames, options: TopicOptions, log: Log): Promise<void> {
  const until_ms = performance.now() + TOPICS_MS_MAX;
  await retry(() => within(until_ms - performance.now(), 'Preparing the topics', attempt(admin, names, options, log)), {
    ...NOT_YET_PAUSES,
    ms_max: TOPICS_MS_MAX,
    isPassing: isNotYet,
  });
}

const NOT_YET = new Set<unknown>(['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE', 'NOT_CONTROLLER']);

function isNotYet(error: unknown): boolean {
  const { type, cause } = (error ?? {}) as { type?: unknown; cause?: unknown };
  return NOT_YET.has(type) || (cause !== undefined && cause !== error && isNotYet(cause));
}

async function attempt(admin: Admin, names: TopicNames, options: TopicOptions, log: Log): Promise<void> {
  await admin.connect();
  const existing = new Set<string>(await admin.listTopics());
  const missing = KINDS.filter((kind) => !existing.has(names[kind]));
  if (missing.length > 0) {
    // false: another instance created one of them first, and the rest were created
    const topics = missing.map((kind) => toCreate(kind, names[kind], options));
    await admin.createTopics({ topics, waitForLeaders: false });
    log.info({ topics: missing.map((kind) => names[kind]) }, 'topics created');
  }
  await admin.fetchTopicMetadata({ topics: KINDS.map((kind) => names[kind]) });
  await check(admin, names, log);
}

const toCreate = (kind: keyof TopicNames, topic: string, options: TopicOptions): ITopicConfig => ({
  topic,
  numPartitions: options.partitions ?? -1,
  replicationFactor: options.replication ?? -1,
  configEntries: Object.entries(SETTINGS[kind]).map(([name, value]) => ({ name, value })),
});

async function check(admin: Admin, names: TopicNames, log: Log): Promise<void> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: KINDS.map((kind) => ({
      type: kafkajs.ConfigResourceTypes.TOPIC,
      name: names[kind],
      configNames: ['cleanup.policy', 'compression.type'],
    })),
  });
  const setting = (topic: string, name: string): string => {
    const entries = resources.find(({ resourceName }) => resourceName === topic)?.configEntries ?? [];
    return entries.find(({ configName }) => configName === name)?.configValue ?? 'unknown';
  };
  for (const kind of KINDS) {
    const actual = setting(names[kind], 'cleanup.policy');
    const wanted = SETTINGS[kind]['cleanup.policy'];
    if (actual !== wanted) throw new WrongTopic(names[kind], actual, wanted);
  }
  const compression = setting(names.facts, 'compression.type');
  if (!READABLE.has(compression)) {
    log.warn(
      { topic: names.facts, compression },
      'facts compressed with snappy, lz4 or zstd cannot be read: set compression.type',
    );
  }
}

/** The stored compression, whatever producers send. */
const READABLE = new Set(['uncompressed', 'gzip']);
