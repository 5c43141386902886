import { retry } from '#flow';
import {
  ensureTopics,
  type FactHandler,
  FactsConsumer,
  kafkaClient,
  saslLogin,
  ShardPublisher,
  topicNames,
  WrongTopic,
} from '#messaging';
import type { Lease } from '#database';
import { Broker, type Consumer, type Producer, type Ownership } from './broker.js';
import { type Config } from './config.js';
import type { Log } from './ops/log.js';
import type { Metrics } from './ops/metrics.js';

const RETRIES = { first_ms: 200, last_ms: 30_000 };

/** The broker port on Kafka. */
export class KafkaBroker extends Broker {
  problem: string | undefined;
  private readonly client;
  private readonly topics;

  constructor(
    private readonly config: Config,
    private readonly log: Log,
  ) {
    super();
    const { KAFKA_BROKERS = '', KAFKA_SECURITY, KAFKA_SASL, KAFKA_PREFIX } = config;
    const options = { brokers: KAFKA_BROKERS.split(','), client_id: 'customer-ledger', ssl: KAFKA_SECURITY === 'tls' };
    this.client = kafkaClient({ ...options, ...(KAFKA_SASL !== undefined && { sasl: saslLogin(KAFKA_SASL) }) }, log);
    this.topics = topicNames(KAFKA_PREFIX);
  }

  override producer(lease: Lease, { store_id, isOwner }: Ownership): Producer {
    const open = (shard: number, shards: number): ShardPublisher =>
      new ShardPublisher(
        {
          client: this.client,
          transactional_id: `${this.config.KAFKA_PREFIX}.publisher.${store_id}.${shard}-of-${shards}`,
          events_topic: this.topics.events,
          customers_topic: this.topics.customers,
          isOwner,
        },
        this.log,
      );
    const publisher = open(lease.shard, lease.shards);
    return {
      position: async () => {
        const { former, formerly = 0 } = lease;
        if (formerly !== lease.shards) for (const shard of former) await shutOut(open(shard, formerly));
        return publisher.position();
      },
      publish: (messages, position) => publisher.publish(messages, position),
      close: () => publisher.close(),
    };
  }

  override consumer(handle: FactHandler, isPermanent: (error: unknown) => boolean, metrics: Metrics): Consumer {
    const { KAFKA_PREFIX, SHUTDOWN_TIMEOUT_MS } = this.config;
    const consumer = new FactsConsumer(
      {
        client: this.client,
        topic: this.topics.facts,
        dlq_topic: this.topics.dead_letters,
        group: `${KAFKA_PREFIX}-facts`,
        drain_ms_max: Math.floor(SHUTDOWN_TIMEOUT_MS / 2),
        isPermanent,
      },
      handle,
      this.log,
      {
        onLag: (partition, lag) => metrics.consumerLag.set({ partition: String(partition) }, lag),
        onRecord: (outcome, duration_ms) => metrics.consumedFacts.observe({ outcome }, duration_ms / 1_000),
        onState: (state) => {
          if (state === 'waiting') metrics.consumerRebuilds.inc();
        },
      },
    );
    return {
      get problem() {
        return consumer.state === 'waiting' ? 'Facts from Kafka: the brokers cannot be reached' : undefined;
      },
      start: () => consumer.start(),
      stop: () => consumer.stop(),
    };
  }

  override async prepare(signal: AbortSignal, onError?: (error: unknown, tries: number) => void): Promise<void> {
    const { KAFKA_PREFIX: prefix, KAFKA_PARTITIONS: partitions, KAFKA_REPLICATION: replication } = this.config;
    const onFailure = (error: unknown, failures: number): void => {
      this.problem = error instanceof WrongTopic ? error.message : 'Kafka: the topics could not be checked yet';
      this.log.warn({ err: error, failures }, 'the topics could not be created or checked, trying again');
      onError?.(error, failures);
    };
    try {
      const ensure = (): Promise<unknown> => ensureTopics(this.client, { prefix, partitions, replication }, this.log);
      await retry(ensure, { ...RETRIES, signal, onFailure });
      this.problem = undefined;
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

/** Fences a publisher of the former shard layout. */
async function shutOut(former: ShardPublisher): Promise<void> {
  try {
    await former.position();
  } finally {
    await former.close();
  }
}
