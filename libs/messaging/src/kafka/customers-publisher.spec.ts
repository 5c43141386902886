import { afterAll, expect, test } from '@jest/globals';
import { engineSuite } from '../../../../test/engines/engine.js';
import { Scratch } from '../../../../test/engines/kafka/scratch.js';
import { readTopic } from '../../../../test/engines/kafka/topics.js';
import type { Outgoing } from '../outgoing.js';
import { Fenced, ShardPublisher } from './customers-publisher.js';

const event = (key: string, value: string | null, topic: Outgoing['topic'] = 'events'): Outgoing => ({
  topic,
  key,
  value,
  headers: { ce_id: `${key} ${value}` },
});

engineSuite('customers to Kafka', 'TEST_KAFKA_BROKERS', (brokers) => {
  const opened: ShardPublisher[] = [];
  const open = ({ client, topics, log, group }: Scratch, isOwner?: () => Promise<boolean>): ShardPublisher => {
    const publisher = new ShardPublisher(
      {
        client,
        transactional_id: `publisher-${group}`,
        events_topic: topics.events,
        customers_topic: topics.customers,
        ...(isOwner && { isOwner }),
      },
      log,
    );
    opened.push(publisher);
    return publisher;
  };

  afterAll(async () => {
    await Promise.all(opened.map((publisher) => publisher.close()));
    await Scratch.disposeAll();
  });

  test('go to both topics in order, tombstones too', async () => {
    const scratch = await Scratch.make(brokers);
    const publisher = open(scratch);
    for (let n = 0; n < 20; n++) {
      await publisher.publish([event('ann', `${n}`), event('bob', `${n}`), event('ann', `${n}`, 'customers')]);
    }
    await publisher.publish([event('ann', null, 'customers')]);
    const events = await readTopic(brokers, scratch.topics.events);
    expect(events.filter(({ key }) => key === 'ann').map(({ value }) => Number(value))).toEqual([...Array(20).keys()]);
    expect(events).toHaveLength(40);
    const customers = await readTopic(brokers, scratch.topics.customers);
    expect(customers.at(-1)).toMatchObject({ key: 'ann', value: null, headers: { ce_id: 'ann null' } });
    expect(new Set(customers.map(({ partition }) => partition)).size).toBe(1);
  });

  test('beyond the size of a request still share one transaction', async () => {
    const scratch = await Scratch.make(brokers);
    const big = 'x'.repeat(200_000);
    await open(scratch).publish(Array.from({ length: 30 }, (_, n) => event('ann', `${n}${big}`)));
    const read = await readTopic(brokers, scratch.topics.events);
    expect(read.map(({ value }) => Number.parseInt(value ?? '', 10))).toEqual([...Array(30).keys()]);
  });

  test('are not published by a fenced publisher', async () => {
    const scratch = await Scratch.make(brokers);
    const zombie = open(scratch);
    await zombie.publish([event('ann', '1')]);
    await open(scratch).publish([event('ann', '2')]);
    await expect(zombie.publish([event('ann', 'zombie')])).rejects.toBeInstanceOf(Fenced);
    await expect(zombie.publish([event('ann', 'zombie')])).rejects.toBeInstanceOf(Fenced);
    expect((await readTopic(brokers, scratch.topics.events)).map(({ value }) => value)).toEqual(['1', '2']);
  });

  test('are published once up to the position', async () => {
    const scratch = await Scratch.make(brokers);
    const first = open(scratch);
    expect(await first.position()).toBeUndefined();
    await first.publish([event('ann', '1')], 7n);
    await first.publish([event('ann', '1')], 7n);
    const second = open(scratch);
    expect(await second.position()).toBe(7n);
    await second.publish([event('ann', '1')], 7n);
    await second.publish([event('ann', '2')], 2n ** 60n);
    expect((await readTopic(brokers, scratch.topics.events)).map(({ value }) => value)).toEqual(['1', '2']);
  });

  test('are published by one call at a time', async () => {
    const publisher = open(await Scratch.make(brokers));
    const [one, other] = await Promise.allSettled([
      publisher.publish([event('ann', '1')]),
      publisher.publish([event('ann', '2')]),
    ]);
    expect([one.status, other.status]).toEqual(['fulfilled', 'rejected']);
  });
});
