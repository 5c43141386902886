import { afterAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { engineSuite } from '../../../../test/engines/engine.js';
import { Scratch } from '../../../../test/engines/kafka/scratch.js';
import { administer, createTopic } from '../../../../test/engines/kafka/topics.js';
import { ensureTopics, topicNames, WrongTopic } from './topics.js';

engineSuite('topics of Kafka', 'TEST_KAFKA_BROKERS', (brokers) => {
  afterAll(() => Scratch.disposeAll());

  test('are created, by several at once, and found again', async () => {
    const { client, log, topics } = await Scratch.make(brokers);
    const prefix = `test-${randomUUID()}`;
    await Promise.all(Array.from({ length: 4 }, () => ensureTopics(client, { prefix, partitions: 5 }, log)));
    await ensureTopics(client, { prefix }, log);
    await administer(brokers, async (admin) => {
      const names = Object.values(topicNames(prefix));
      const { topics: found } = await admin.fetchTopicMetadata({ topics: names });
      expect(found.map(({ partitions }) => partitions.length)).toEqual([5, 5, 5, 5]);
      await admin.deleteTopics({ topics: names });
    });
    expect(topics.facts).toMatch(/^test-.*\.facts$/);
  });

  test('with a cleanup policy that loses data are refused, with the remedy', async () => {
    const { client, log } = await Scratch.make(brokers);
    const prefix = `test-${randomUUID()}`;
    const { customers } = topicNames(prefix);
    await createTopic(brokers, {
      topic: customers,
      configEntries: [{ name: 'cleanup.policy', value: 'delete' }],
    });
    const wrong = await ensureTopics(client, { prefix }, log).catch((error: unknown) => error);
    expect(wrong).toBeInstanceOf(WrongTopic);
    expect((wrong as WrongTopic).message).toMatch(`--entity-name ${customers} --add-config cleanup.policy=compact`);
    await administer(brokers, (admin) => admin.deleteTopics({ topics: Object.values(topicNames(prefix)) }));
  });
});
