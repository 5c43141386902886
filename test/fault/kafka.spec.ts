import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type FactHandler,
  FactsConsumer,
  type FactsConsumerOptions,
  Fenced,
  type Outgoing,
  PublishFailed,
  ShardPublisher,
} from '#messaging';
import { engineSuite } from '../engines/engine.js';
import { type Broker, startBroker } from '../engines/kafka/broker.js';
import { API, Proxy } from '../engines/kafka/proxy.js';
import { eventually, factsFor, Scratch } from '../engines/kafka/scratch.js';
import { readTopic } from '../engines/kafka/topics.js';

const SESSION_MS = 6_000;
const DONE = { kind: 'done' } as const;

engineSuite('Kafka behind a bad network', 'TEST_KAFKA_VERSION', (version) => {
  let proxy: Proxy;
  let broker: Broker;
  const ends: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    proxy = await Proxy.start();
    broker = (await startBroker({ version, advertised: proxy.address })) as Broker;
    proxy.target = broker.behind as string;
  }, 400_000);
  afterAll(async () => {
    await Scratch.disposeAll();
    await broker.stop();
    await proxy.stop();
  }, 60_000);
  beforeEach(() => {
    proxy.isHole = false;
    proxy.delay_ms = 0;
  });
  afterEach(async () => {
    proxy.isHole = false;
    for (const end of ends.splice(0)) await end();
  }, 60_000);

  const make = (partitions = 3): Promise<Scratch> =>
    Scratch.make(broker.brokers, { partitions, through: proxy.address });

  const consume = (
    { client, topics, group, log }: Scratch,
    handler: FactHandler,
    options: Partial<FactsConsumerOptions> = {},
  ): FactsConsumer => {
    const names = { client, topic: topics.facts, dlq_topic: topics.dead_letters, group };
    const consumer = new FactsConsumer(
      { ...names, session_timeout_ms: SESSION_MS, drain_ms_max: 3_000, ...options },
      handler,
      log,
    );
    consumer.start();
    ends.push(() => consumer.stop());
    return consumer;
  };

  const publisherOf = ({ client, topics, group, log }: Scratch): ShardPublisher => {
    const publisher = new ShardPublisher(
      { client, transactional_id: group, events_topic: topics.events, customers_topic: topics.customers },
      log,
    );
    ends.push(() => publisher.close());
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
    (await readTopic(broker.brokers, topics.events)).map(({ value }) => Number(value));
  const numbers = (count: number): number[] => [...Array(count).keys()];
  const total = async (scratch: Scratch): Promise<number> =>
    [...(await scratch.committed()).values()].reduce((sum, offset) => sum + Math.max(0, offset), 0);

  for (const [name, api] of [
    ['messages', API.produce],
    ['the end of a transaction', API.endTransaction],
  ] as const) {
    for (const then of ['reset', 'hang'] as const) {
      test(`lost answers to ${name} (${then}): nothing is lost, doubled or out of order`, async () => {
        const scratch = await make();
        const publisher = publisherOf(scratch);
        await publishAll(publisher, 0, 3);
        for (let round = 1; round <= 3; round++) {
          proxy.dropAnswers(api, round === 3 ? 3 : 1, then);
          await publishAll(publisher, round * 3, round * 3 + 3);
          await eventually(async () => expect(proxy.toDrop).toBeLessThanOrEqual(2));
        }
        proxy.dropAnswers(api, 0);
        expect(await published(scratch)).toEqual(numbers(120));
      }, 120_000);
    }
  }

  test('a commit without an answer is found out about, even without a position', async () => {
    const scratch = await make();
    const publisher = publisherOf(scratch);
    await publisher.publish([message(0)]);
    proxy.dropAnswers(API.endTransaction, 1);
    await publisher.publish([message(1)]);
    expect(proxy.toDrop).toBe(0);
    expect(await published(scratch)).toEqual([0, 1]);
  }, 60_000);

  test('a publisher that was cut off and comes back too late is shut out', async () => {
    const scratch = await make();
    const zombie = publisherOf(scratch);
    await zombie.publish([message(0)]);
    // it is in the middle of a transaction while its successor opens
    proxy.delay_ms = 400;
    const late = zombie.publish([message(666)]);
    late.catch(() => undefined);
    await sleep(700);
    const direct = await Scratch.make(broker.brokers);
    const successor = new ShardPublisher(
      {
        client: direct.client,
        transactional_id: scratch.group,
        events_topic: scratch.topics.events,
        customers_topic: scratch.topics.customers,
      },
      scratch.log,
    );
    ends.push(() => successor.close());
    await successor.publish([message(1)]);
    await expect(late).rejects.toBeInstanceOf(Fenced);
    expect(await published(scratch)).toEqual([0, 1]);
  }, 60_000);

  test('the broker restarts and dies while customers are published', async () => {
    const scratch = await make();
    const publisher = publisherOf(scratch);
    const publishing = publishAll(publisher, 0, 400);
    await sleep(500);
    await broker.restart();
    await sleep(500);
    await broker.kill();
    await broker.start();
    await publishing;
    expect(await published(scratch)).toEqual(numbers(4_000));
  }, 180_000);

  test('the broker restarts and dies while facts are read: each is handled, and the consumer is built anew', async () => {
    const scratch = await make();
    const seen: string[] = [];
    consume(
      scratch,
      async (fact) => {
        await sleep(10);
        seen.push(fact.id ?? '');
        return DONE;
      },
      { concurrency_max: 4 },
    );
    const facts = factsFor(30, 100);
    await scratch.sendFacts(facts);
    await eventually(async () => expect(seen.length).toBeGreaterThan(50), 20_000);
    await broker.restart();
    await eventually(async () => expect(seen.length).toBeGreaterThan(600), 30_000);
    await broker.kill();
    await sleep(8_000);
    await broker.start();
    await eventually(async () => expect(await total(scratch)).toBe(facts.length), 90_000);
    expect(new Set(seen).size).toBe(facts.length);
    expect(scratch.said.join('\n')).toMatch('built anew');
    for (let c = 0; c < 30; c++) {
      // what comes again comes from an earlier place on, in order
      const firsts = [...new Set(seen.filter((id) => id.startsWith(`${c}-`)))];
      expect(firsts).toEqual(numbers(100).map((n) => `${c}-${n}`));
    }
  }, 240_000);

  test('a consumer that vanishes leaves nothing unhandled: only finished work was committed', async () => {
    const scratch = await make();
    const finished = new Set<string>();
    let isGone = false;
    consume(
      scratch,
      async (fact) => {
        // every seventh hangs, so that there are gaps when it goes
        if (Number(fact.id?.split('-')[1]) % 7 === 3) await new Promise(() => undefined);
        if (!isGone) finished.add(fact.id ?? '');
        return DONE;
      },
      { handler_timeout_ms: 25_000 },
    );
    const facts = factsFor(20, 10);
    await scratch.sendFacts(facts);
    await eventually(async () => expect(finished.size).toBeGreaterThanOrEqual(60), 20_000);
    await sleep(1_500);
    proxy.isHole = true;
    isGone = true;
    const committed = await total(scratch);
    expect(committed).toBeGreaterThan(0);
    expect(committed).toBeLessThanOrEqual(finished.size);
    const successor = await Scratch.make(broker.brokers);
    const again: string[] = [];
    consume({ ...successor, topics: scratch.topics, group: scratch.group } as Scratch, async (fact) => {
      again.push(fact.id ?? '');
      return DONE;
    });
    await eventually(async () => expect(await total(scratch)).toBe(facts.length), 60_000);
    const unhandled = facts.filter(({ id }) => !finished.has(id) && !again.includes(id));
    expect(unhandled).toEqual([]);
  }, 120_000);

  test('a half-open connection and a frozen broker are waited for and left behind', async () => {
    const scratch = await make();
    const seen = new Set<string>();
    consume(scratch, async (fact) => {
      seen.add(fact.id ?? '');
      return DONE;
    });
    await scratch.sendFacts(factsFor(10, 1));
    await eventually(async () => expect(seen.size).toBe(10), 20_000);
    proxy.isHole = true;
    await scratch.sendFacts(factsFor(10, 2));
    await sleep(9_000);
    proxy.isHole = false;
    proxy.cut();
    await eventually(async () => expect(seen.size).toBe(20), 60_000);
    broker.pause();
    await sleep(5_000);
    broker.resume();
    await scratch.sendFacts(factsFor(10, 3));
    await eventually(async () => expect(seen.size).toBe(30), 60_000);
  }, 180_000);

  test('dead letters whose answer is lost keep their record back', async () => {
    const scratch = await make(1);
    let refused = 0;
    consume(scratch, async () => {
      refused += 1;
      return { kind: 'refused', error_class: 'no', message: 'no' };
    });
    proxy.dropAnswers(API.produce, 8, 'reset');
    await scratch.sendFacts(factsFor(1, 3));
    await eventually(async () => expect(refused).toBeGreaterThan(0), 20_000);
    await eventually(async () => expect(await total(scratch)).toBe(3), 60_000);
    const letters = await readTopic(broker.brokers, scratch.topics.dead_letters);
    expect(new Set(letters.map(({ headers }) => headers['x-original-offset']))).toEqual(new Set(['0', '1', '2']));
  }, 120_000);
});
