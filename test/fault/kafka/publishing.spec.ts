import { expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fenced, type Outgoing, PublishFailed, ShardPublisher } from '#messaging';
import { engineSuite } from '../../engines/engine.js';
import { API } from '../../engines/kafka/proxy.js';
import { eventually, type Scratch } from '../../engines/kafka/scratch.js';
import { readTopic } from '../../engines/kafka/topics.js';
import { BadNetwork, numbers } from './bad-network.js';

engineSuite('publishing to Kafka behind a bad network', 'TEST_KAFKA_VERSION', (version) => {
  const network = new BadNetwork(version);

  const publisherOf = ({ client, topics, group, log }: Scratch): ShardPublisher => {
    const publisher = new ShardPublisher(
      { client, transactional_id: group, events_topic: topics.events, customers_topic: topics.customers },
      log,
    );
    network.finally(() => publisher.close());
    return publisher;
  };

  /** Ten messages for each number, all of one customer; a failed batch is given again, as a relay does. */
  const publishAll = async (publisher: ShardPublisher, from: number, to: number): Promise<number> => {
    let failures = 0;
    for (let n = from; n < to;) {
      const messages = Array.from({ length: 10 }, (_, i) => message(n * 10 + i));
      try {
        await publisher.publish(messages, BigInt(n));
        n += 1;
      } catch (error) {
        if (!(error instanceof PublishFailed)) throw error;
        failures += 1;
        await sleep(100);
      }
    }
    return failures;
  };
  const message = (n: number): Outgoing => ({ topic: 'events', key: 'ann', value: `${n}`, headers: {} });
  const published = async ({ topics }: Scratch): Promise<number[]> =>
    (await readTopic(network.broker.brokers, topics.events)).map(({ value }) => Number(value));
  for (const [name, api] of [
    ['messages', API.produce],
    ['the end of a transaction', API.endTransaction],
  ] as const) {
    for (const then of ['reset', 'hang'] as const) {
      test(`lost answers to ${name} (${then}): nothing is lost, doubled or out of order`, async () => {
        const scratch = await network.scratch();
        const publisher = publisherOf(scratch);
        await publishAll(publisher, 0, 3);
        for (let round = 1; round <= 3; round++) {
          network.proxy.dropAnswers(api, round === 3 ? 3 : 1, then);
          await publishAll(publisher, round * 3, round * 3 + 3);
          await eventually(async () => expect(network.proxy.toDrop).toBeLessThanOrEqual(2));
        }
        network.proxy.dropAnswers(api, 0);
        expect(await published(scratch)).toEqual(numbers(120));
      });
    }
  }

  test('a commit without an answer is found out about, even without a position', async () => {
    const scratch = await network.scratch();
    const publisher = publisherOf(scratch);
    await publisher.publish([message(0)]);
    network.proxy.dropAnswers(API.endTransaction, 1);
    await publisher.publish([message(1)]);
    expect(network.proxy.toDrop).toBe(0);
    expect(await published(scratch)).toEqual([0, 1]);
  });

  test('a publisher that was cut off and comes back too late is shut out', async () => {
    const scratch = await network.scratch();
    const zombie = publisherOf(scratch);
    await zombie.publish([message(0)]);
    // it is in the middle of a transaction while its successor opens
    network.proxy.delay_ms = 400;
    const late = zombie.publish([message(666)]);
    late.catch(() => undefined);
    await sleep(700);
    const direct = await network.direct();
    const successor = new ShardPublisher(
      {
        client: direct.client,
        transactional_id: scratch.group,
        events_topic: scratch.topics.events,
        customers_topic: scratch.topics.customers,
      },
      scratch.log,
    );
    network.finally(() => successor.close());
    await successor.publish([message(1)]);
    await expect(late).rejects.toBeInstanceOf(Fenced);
    expect(await published(scratch)).toEqual([0, 1]);
  });

  test('the broker restarts and dies while customers are published', async () => {
    const scratch = await network.scratch();
    const publisher = publisherOf(scratch);
    const publishing = publishAll(publisher, 0, 400);
    await sleep(500);
    await network.broker.restart();
    await sleep(500);
    await network.broker.kill();
    await network.broker.start();
    await publishing;
    expect(await published(scratch)).toEqual(numbers(4_000));
  });
});
