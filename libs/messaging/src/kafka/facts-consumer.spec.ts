import { afterAll, afterEach, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { engineSuite } from '../../../../test/engines/engine.js';
import { eventually, factsFor, Scratch } from '../../../../test/engines/kafka/scratch.js';
import { administer, createTopic, readTopic, send } from '../../../../test/engines/kafka/topics.js';
import type { FactHandler } from '../verdict.js';
import { type ConsumerReports, FactsConsumer, type FactsConsumerOptions } from './facts-consumer.js';

const SESSION_MS = 6_000;
const DONE = { kind: 'done' } as const;

engineSuite('facts from Kafka', 'TEST_KAFKA_BROKERS', (brokers) => {
  const started: FactsConsumer[] = [];
  const start = (
    { client, topics, group, log }: Scratch,
    handler: FactHandler,
    { options = {}, reports = {} }: { options?: Partial<FactsConsumerOptions>; reports?: ConsumerReports } = {},
  ): FactsConsumer => {
    const names = { client, topic: topics.facts, dlq_topic: topics.dead_letters, group };
    const consumer = new FactsConsumer({ ...names, session_timeout_ms: SESSION_MS, ...options }, handler, log, reports);
    consumer.start();
    started.push(consumer);
    return consumer;
  };
  const total = async (scratch: Scratch): Promise<number> =>
    [...(await scratch.committed()).values()].reduce((sum, offset) => sum + Math.max(0, offset), 0);

  afterEach(() => Promise.all(started.splice(0).map((consumer) => consumer.stop())));
  afterAll(() => Scratch.disposeAll());

  test('come in order for each customer, concurrently for many; refused ones become dead letters', async () => {
    const scratch = await Scratch.make(brokers);
    const seen: string[] = [];
    let now = 0;
    let most = 0;
    start(scratch, async (fact) => {
      if ('error' in fact) return { kind: 'refused', error_class: fact.error.key, message: fact.error.details };
      most = Math.max(most, ++now);
      await sleep(Math.random() * 4);
      now -= 1;
      seen.push(fact.id);
      return DONE;
    });
    const facts = factsFor(40, 10);
    await scratch.sendFacts(facts.slice(0, 200));
    await send(brokers, scratch.topics.facts, [{ key: 'bad', value: '{"id":1}', headers: { ce_id: 'x', trace: 't' } }]);
    await scratch.sendFacts(facts.slice(200));
    await eventually(async () => expect(await total(scratch)).toBe(401));
    expect(most).toBeGreaterThan(10);
    expect(seen.toSorted()).toEqual(facts.map(({ id }) => id).toSorted());
    for (let c = 0; c < 40; c++) {
      const own = seen.filter((id) => id.startsWith(`${c}-`));
      expect(own).toEqual(Array.from({ length: 10 }, (_, n) => `${c}-${n}`));
    }
    const [letter, ...more] = await readTopic(brokers, scratch.topics.dead_letters);
    expect(more).toEqual([]);
    expect(letter).toMatchObject({
      key: 'bad',
      value: '{"id":1}',
      headers: {
        ce_id: 'x',
        trace: 't',
        'x-original-topic': scratch.topics.facts,
        'x-error-class': 'invalid_payload',
        'x-attempts': '1',
        'x-consumer-group': scratch.group,
      },
    });
  });

  test('stay while they cannot be handled, and nothing behind them is committed; other partitions continue', async () => {
    const scratch = await Scratch.make(brokers);
    let isDown = true;
    let tries = 0;
    let stuck = -1;
    const seen: string[] = [];
    start(scratch, async (fact, { partition }) => {
      if ('type' in fact && fact.id === '0-0' && isDown) {
        tries += 1;
        stuck = partition;
        throw new Error('away');
      }
      seen.push(fact.id ?? '');
      return DONE;
    });
    const facts = factsFor(30, 2);
    await scratch.sendFacts(facts);
    await eventually(async () => expect(tries).toBeGreaterThan(2));
    await sleep(2_000);
    expect(tries).toBeLessThan(12);
    // records in other partitions are handled as usual meanwhile
    await scratch.sendFacts(factsFor(30, 1).map((fact) => ({ ...fact, id: `late-${fact.id}` })));
    const end = (await readTopic(brokers, scratch.topics.facts)).filter(({ partition }) => partition !== stuck).length;
    await eventually(async () => {
      const committed = await scratch.committed();
      const others = [...committed].filter(([partition]) => partition !== stuck);
      expect(others.reduce((sum, [, offset]) => sum + offset, 0)).toBe(end);
      expect(committed.get(stuck)).toBeLessThanOrEqual(0);
    });
    expect(await readTopic(brokers, scratch.topics.dead_letters)).toEqual([]);
    expect(seen).not.toContain('0-1');
    isDown = false;
    await eventually(async () => expect(await total(scratch)).toBe(90));
    expect(seen.filter((id) => id.startsWith('0-'))).toEqual(['0-0', '0-1']);
    // records that finished behind the blocked one are not handled again
    expect(seen).toHaveLength(90);
  });

  test('that are refused stay, too, until their dead letter is durable', async () => {
    const scratch = await Scratch.make(brokers, { partitions: 1 });
    const dlq_topic = `${scratch.topics.dead_letters}.later`;
    let refused = 0;
    start(
      scratch,
      async () => {
        refused += 1;
        return { kind: 'refused', error_class: 'no', message: 'no' };
      },
      { options: { dlq_topic } },
    );
    await scratch.sendFacts(factsFor(1, 2));
    await eventually(async () => expect(refused).toBeGreaterThan(1));
    expect(await total(scratch)).toBe(0);
    await createTopic(brokers, { topic: dlq_topic, numPartitions: 1 });
    await eventually(async () => expect(await total(scratch)).toBe(2));
    const letters = await readTopic(brokers, dlq_topic);
    expect(letters.map(({ headers }) => headers['x-original-offset'])).toEqual(['0', '1']);
    expect(Number(letters[0]?.headers['x-attempts'])).toBeGreaterThan(1);
    await administer(brokers, (admin) => admin.deleteTopics({ topics: [dlq_topic] }));
  });

  test('that take longer than the session keep their partitions', async () => {
    const scratch = await Scratch.make(brokers);
    const seen: string[] = [];
    let joins = 0;
    const reports: ConsumerReports = { onState: (state) => void (joins += state === 'running' ? 1 : 0) };
    let joinsBefore = 0;
    const slow: FactHandler = async (fact) => {
      joinsBefore ||= joins;
      seen.push(fact.id ?? '');
      await sleep(SESSION_MS * 1.7);
      return DONE;
    };
    await scratch.sendFacts(factsFor(5, 1));
    start(scratch, slow, { reports });
    await eventually(async () => expect(await total(scratch)).toBe(5));
    expect(seen).toHaveLength(5);
    expect(joins).toBe(joinsBefore);
  });

  test('are not lost when members join and leave', async () => {
    const scratch = await Scratch.make(brokers, { partitions: 6 });
    const seen: string[] = [];
    const handler: FactHandler = async (fact) => {
      await sleep(5);
      seen.push(fact.id ?? '');
      return DONE;
    };
    const facts = factsFor(60, 30);
    const sending = scratch.sendFacts(facts);
    const first = start(scratch, handler, { options: { concurrency_max: 4 } });
    await eventually(async () => expect(seen.length).toBeGreaterThan(100));
    start(scratch, handler, { options: { concurrency_max: 4 } });
    await eventually(async () => expect(seen.length).toBeGreaterThan(600));
    await first.stop();
    await sending;
    await eventually(async () => expect(await total(scratch)).toBe(facts.length));
    expect(new Set(seen).size).toBe(facts.length);
    // a member that leaves finishes and commits its running records
    expect(seen.length).toBe(facts.length);
  });

  test('that are running are finished and committed on stop', async () => {
    const scratch = await Scratch.make(brokers);
    let now = 0;
    let finished = 0;
    const slow: FactHandler = async () => {
      now += 1;
      await sleep(300);
      now -= 1;
      finished += 1;
      return DONE;
    };
    await scratch.sendFacts(factsFor(50, 4));
    const consumer = start(scratch, slow, { options: { concurrency_max: 16 } });
    await eventually(async () => expect(finished).toBeGreaterThan(0));
    await consumer.stop();
    expect(now).toBe(0);
    const sum = await total(scratch);
    expect(finished).toBeLessThan(200);
    expect(sum).toBeGreaterThan(0);
    // nothing continues after stop
    await sleep(500);
    expect(await total(scratch)).toBe(sum);
    expect(consumer.state).toBe('stopped');
  });

  test('that wait are counted as lag', async () => {
    const scratch = await Scratch.make(brokers);
    const lag = new Map<number, number>();
    const waiting = (): number => [...lag.values()].reduce((sum, one) => sum + one, 0);
    let isDown = true;
    const handler: FactHandler = async () => {
      if (isDown) throw new Error('away');
      return DONE;
    };
    const reports: ConsumerReports = { onLag: (partition, records) => void lag.set(partition, records) };
    start(scratch, handler, { reports, options: { lag_interval_ms: 200 } });
    await scratch.sendFacts(factsFor(19, 1));
    // the markers of a sender's transactions stand between the records and at their end
    const sender = scratch.client.producer({
      transactionalId: scratch.group,
      maxInFlightRequests: 1,
      idempotent: true,
    });
    await sender.connect();
    const transaction = await sender.transaction();
    await transaction.send({ topic: scratch.topics.facts, messages: [{ key: 'in a transaction', value: '{}' }] });
    await transaction.commit();
    await sender.disconnect();
    await eventually(async () => expect(waiting()).toBe(21));
    isDown = false;
    await eventually(async () => expect(waiting()).toBe(0));
    expect(lag.size).toBe(3);
  });
});
