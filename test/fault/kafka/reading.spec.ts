import { expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FactHandler, FactsConsumer, type FactsConsumerOptions } from '#messaging';
import { engineSuite } from '../../engines/engine.js';
import { API } from '../../engines/kafka/proxy.js';
import { eventually, factsFor, type Scratch } from '../../engines/kafka/scratch.js';
import { readTopic } from '../../engines/kafka/topics.js';
import { BadNetwork, numbers } from './bad-network.js';

const SESSION_MS = 6_000;
const DONE = { kind: 'done' } as const;

engineSuite('reading from Kafka behind a bad network', 'TEST_KAFKA_VERSION', (version) => {
  const network = new BadNetwork(version);

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
    network.finally(() => consumer.stop());
    return consumer;
  };

  const total = async (scratch: Scratch): Promise<number> =>
    [...(await scratch.committed()).values()].reduce((sum, offset) => sum + Math.max(0, offset), 0);

  test('the broker restarts and dies while facts are read: each is handled, and the consumer is recreated', async () => {
    const scratch = await network.scratch();
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
    await eventually(async () => expect(seen.length).toBeGreaterThan(50));
    await network.broker.restart();
    await eventually(async () => expect(seen.length).toBeGreaterThan(600));
    await network.broker.kill();
    await sleep(8_000);
    await network.broker.start();
    await eventually(async () => expect(await total(scratch)).toBe(facts.length));
    expect(new Set(seen).size).toBe(facts.length);
    expect(scratch.said.join('\n')).toMatch('is recreated');
    for (let c = 0; c < 30; c++) {
      // what comes again comes from an earlier place on, in order
      const firsts = [...new Set(seen.filter((id) => id.startsWith(`${c}-`)))];
      expect(firsts).toEqual(numbers(100).map((n) => `${c}-${n}`));
    }
  });

  test('a consumer that vanishes leaves nothing unhandled: only finished work was committed', async () => {
    const scratch = await network.scratch();
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
    await eventually(async () => expect(finished.size).toBeGreaterThanOrEqual(60));
    await sleep(1_500);
    network.proxy.isHole = true;
    isGone = true;
    const committed = await total(scratch);
    expect(committed).toBeGreaterThan(0);
    expect(committed).toBeLessThanOrEqual(finished.size);
    const successor = await network.direct();
    const again: string[] = [];
    consume({ ...successor, topics: scratch.topics, group: scratch.group } as Scratch, async (fact) => {
      again.push(fact.id ?? '');
      return DONE;
    });
    await eventually(async () => expect(await total(scratch)).toBe(facts.length));
    const unhandled = facts.filter(({ id }) => !finished.has(id) && !again.includes(id));
    expect(unhandled).toEqual([]);
  });

  test('a half-open connection and a frozen broker are waited for and left behind', async () => {
    const scratch = await network.scratch();
    const seen = new Set<string>();
    consume(scratch, async (fact) => {
      seen.add(fact.id ?? '');
      return DONE;
    });
    await scratch.sendFacts(factsFor(10, 1));
    await eventually(async () => expect(seen.size).toBe(10));
    network.proxy.isHole = true;
    await scratch.sendFacts(factsFor(10, 2));
    await sleep(9_000);
    network.proxy.isHole = false;
    network.proxy.cut();
    await eventually(async () => expect(seen.size).toBe(20));
    network.broker.pause();
    await sleep(5_000);
    network.broker.resume();
    await scratch.sendFacts(factsFor(10, 3));
    await eventually(async () => expect(seen.size).toBe(30));
  });

  test('dead letters whose answer is lost keep their record back', async () => {
    const scratch = await network.scratch(1);
    let refused = 0;
    consume(scratch, async () => {
      refused += 1;
      return { kind: 'refused', error_class: 'no', message: 'no' };
    });
    network.proxy.dropAnswers(API.produce, 8, 'reset');
    await scratch.sendFacts(factsFor(1, 3));
    await eventually(async () => expect(refused).toBeGreaterThan(0));
    await eventually(async () => expect(await total(scratch)).toBe(3));
    const letters = await readTopic(network.broker.brokers, scratch.topics.dead_letters);
    expect(new Set(letters.map(({ headers }) => headers['x-original-offset']))).toEqual(new Set(['0', '1', '2']));
  });
});
