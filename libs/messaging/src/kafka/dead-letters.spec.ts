import { afterAll, expect, test } from '@jest/globals';
import { engineSuite } from '../../../../test/engines/engine.js';
import { Scratch } from '../../../../test/engines/kafka/scratch.js';
import { administer } from '../../../../test/engines/kafka/topics.js';
import { toDeadLetter, type DeadLetter } from '../dead-letter.js';
import { deadLetterSender } from './dead-letter-sender.js';
import { DeadLetters } from './dead-letters.js';

engineSuite('dead letters in Kafka', 'TEST_KAFKA_BROKERS', (brokers) => {
  const opened: DeadLetters[] = [];
  afterAll(async () => {
    await Promise.all(opened.map((letters) => letters.close()));
    await Scratch.disposeAll();
  });

  const fault = { error_class: 'Refused', message: 'no', attempts: 1, first_failed_at: 'then', consumer_group: 'g' };
  const put = async ({ client, topics, log }: Scratch, count: number, value = Buffer.from('v')): Promise<void> => {
    const sender = deadLetterSender(client, topics.dead_letters, log);
    const original = { topic: topics.facts, partition: 0, timestamp: '1', value, headers: {} };
    await Promise.all(
      Array.from({ length: count }, (_, n) =>
        sender.send(toDeadLetter({ ...original, offset: `${n}`, key: Buffer.from(`key-${n % 7}`) }, fault)),
      ),
    );
    await sender.close();
  };
  const open = async ({ client, topics, group, log }: Scratch): Promise<DeadLetters> => {
    const letters = await DeadLetters.open({ client, dlq_topic: topics.dead_letters, group }, log);
    opened.push(letters);
    return letters;
  };
  const all = async (letters: DeadLetters): Promise<DeadLetter[]> => {
    const found: DeadLetter[] = [];
    for await (const letter of letters.list()) found.push(letter);
    return found;
  };

  test('are listed, found and settled one by one', async () => {
    const scratch = await Scratch.make(brokers);
    const letters = await open(scratch);
    expect(await all(letters)).toEqual([]);
    await put(scratch, 10);
    const found = await all(letters);
    expect(found.map(({ original }) => Number(original.offset)).toSorted()).toEqual([...Array(10).keys()]);
    const [first, second] = found as [DeadLetter, DeadLetter];
    expect(await letters.find(first.partition, first.offset)).toEqual(first);
    await letters.settle(first, 'dropped');
    expect(await letters.find(first.partition, first.offset)).toBeUndefined();
    expect(await letters.find(first.partition, '999')).toBeUndefined();
    await letters.settle(second, 'retried');
    const left = await all(letters);
    // partitions come in any order
    expect(left).toHaveLength(8);
    expect(found.slice(2)).toEqual(expect.arrayContaining(left));
  });

  test('are all listed when they are many, and reading leaves no consumer group behind', async () => {
    const scratch = await Scratch.make(brokers);
    await put(scratch, 1_300);
    const letters = await open(scratch);
    const found = await all(letters);
    expect(new Set(found.map(({ original }) => original.offset)).size).toBe(1_300);
    expect(found).toHaveLength(1_300);
    const { groups } = await administer(brokers, (admin) => admin.listGroups());
    expect(groups.filter(({ groupId }) => groupId.startsWith(scratch.group))).toEqual([]);
  });

  test('larger than the topic allows have no value', async () => {
    const scratch = await Scratch.make(brokers);
    await put(scratch, 1, Buffer.alloc(2_500_000, 'x'));
    const letters = await open(scratch);
    expect(await all(letters)).toMatchObject([{ is_value_omitted: true, original: { value: null, offset: '0' } }]);
  });
});
