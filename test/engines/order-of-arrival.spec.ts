import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import kafkajs from 'kafkajs';
import { RUNS, SEEDS } from '../../libs/customer/src/runs.fixture.js';
import type { CloudEvent } from '../support/arrival/histories.js';
import { HttpLedger } from '../support/arrival/http-ledger.js';
import { expectSameAnswers } from '../support/arrival/property.js';
import { Service } from '../support/service.js';
import { eventually } from '../support/wait.js';
import { engineSuite } from './engine.js';
import { administer, clientOf, readTopic } from './kafka/topics.js';

const CONTENT_TYPE = 'application/cloudevents+json';

/** Facts go in over Kafka, answers come out over HTTP. */
class KafkaLedger extends HttpLedger {
  private constructor(
    service: Service,
    private readonly brokers: string,
    private readonly prefix: string,
    private readonly producer: kafkajs.Producer,
  ) {
    super(service);
  }

  static async open(service: Service, brokers: string, prefix: string): Promise<KafkaLedger> {
    const createPartitioner = kafkajs.Partitioners.DefaultPartitioner;
    const producer = clientOf(brokers).producer({ createPartitioner, allowAutoTopicCreation: false });
    await producer.connect();
    return new KafkaLedger(service, brokers, prefix, producer);
  }

  close(): Promise<void> {
    return this.producer.disconnect();
  }

  /** A history has one key: an id is known once its `customer.created` was told, whatever names the facts use. */
  override async take(facts: readonly CloudEvent[]): Promise<void> {
    const key = facts[0]?.id.split('.')[0] ?? null;
    const messages = facts.map((fact) => ({
      key,
      value: JSON.stringify(fact),
      headers: { 'content-type': CONTENT_TYPE },
    }));
    await eventually(
      async () => void (await this.producer.send({ topic: `${this.prefix}.facts`, acks: -1, messages })),
    );
  }

  override async settled(): Promise<void> {
    await eventually(() => this.expectAllRead());
    const letters = await readTopic(this.brokers, `${this.prefix}.facts.dlq`);
    this.refused = letters.map(({ value, headers }) => ({
      id: (JSON.parse(value ?? '{}') as { id: string }).id,
      key: String(headers['x-error-class']),
    }));
    await super.settled();
  }

  private async expectAllRead(): Promise<void> {
    const topic = `${this.prefix}.facts`;
    await administer(this.brokers, async (admin) => {
      const ends = await admin.fetchTopicOffsets(topic);
      const [read] = await admin.fetchOffsets({ groupId: `${this.prefix}-facts`, topics: [topic] });
      const offsets = new Map(read?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
      for (const { partition, high } of ends) expect(Math.max(0, offsets.get(partition) ?? 0)).toBe(Number(high));
    });
  }
}

engineSuite('the order of arrival over Kafka', 'TEST_KAFKA_BROKERS', (brokers) => {
  describe('the same facts, permuted, duplicated and in other batches, give the same answers over Kafka', () => {
    test.each(SEEDS)(`${RUNS.kafka} histories of seed %i`, async (seed) => {
      const prefix = `arrival-${randomUUID()}`;
      const service = await Service.start({
        env: { KAFKA_BROKERS: brokers, KAFKA_PREFIX: prefix, KAFKA_PARTITIONS: '3' },
      });
      const ledger = await KafkaLedger.open(service, brokers, prefix);
      try {
        await ledger.prepare();
        await expectSameAnswers(ledger, seed, RUNS.kafka);
      } finally {
        await ledger.close();
        await service.discard();
      }
    });
  });
});
