import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { random } from '../support/random.js';
import { type Answer, Service } from '../support/service.js';
import { figuresOf, shop, shownFigures } from '../support/shop.js';
import { StandIn } from '../support/stand-in.js';
import { eventually } from '../support/wait.js';
import { scratchDatabase } from './database.js';
import { engineSuite } from './engine.js';
import { type Broker, startBroker } from './kafka/broker.js';
import { readTopic, send } from './kafka/topics.js';

const CUSTOMERS = 60;
const ROUNDS = 20;
const FACTS = 6_000;

engineSuite('facts over Kafka, EventStoreDB, PostgreSQL', 'TEST_DATABASE_URL', (server) => {
  engineSuite('with a broker that dies as well', 'TEST_KAFKA_VERSION', (version) => {
    test('nothing is lost, doubled or out of order, whatever is killed when', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'ledger-together-'));
      const broker = (await startBroker({ version })) as Broker;
      const store = await StandIn.start(join(folder, 'events.db'));
      const database = await scratchDatabase(server);
      const env = {
        EVENT_STORE_URL: store.url,
        DATABASE_URL: database.url,
        KAFKA_BROKERS: broker.brokers,
        KAFKA_PARTITIONS: '4',
        LEDGER_MASTER_KEY: randomBytes(32).toString('base64'),
        LEASE_MS: '1500',
      };
      const next = random(9);
      // with another number of shards each time
      const start = (): Promise<Service> => {
        const SHARDS = String(1 + Math.floor(next() * 5));
        return Service.start({ directory: join(folder, 'service'), env: { ...env, SHARDS } });
      };
      let service = await start();
      const facts = shop(23, CUSTOMERS, FACTS);
      const disasters = [
        () => broker.restart(),
        () => store.restart(),
        async () => {
          await service.kill();
          service = await start();
        },
        async () => {
          await service.stop();
          service = await start();
        },
      ];

      const share = Math.ceil(facts.length / ROUNDS);
      for (let round = 0; round < ROUNDS; round++) {
        const part = facts.slice(round * share, (round + 1) * share);
        const sending = send(
          broker.brokers,
          'ledger.facts',
          part.map((fact) => ({
            key: fact.data.customer.source_id,
            value: JSON.stringify(fact),
            headers: { 'content-type': 'application/cloudevents+json' },
          })),
        );
        await sleep(next() * 700);
        await disasters[Math.floor(next() * disasters.length)]?.();
        await sending;
      }

      const expected = figuresOf(facts);
      const documents = new Map<string, Answer['body']>();
      for (const [source_id, figures] of expected) {
        await eventually(async () => {
          const { status, body } = await service.call('GET', `/v1/customers/${source_id}`);
          expect(status).toBe(200);
          expect([source_id, shownFigures(body)]).toEqual([source_id, figures]);
          documents.set(body.id, body);
        });
      }
      await eventually(async () =>
        expect(snapshots(await readTopic(broker.brokers, 'ledger.customers'))).toEqual(documents),
      );
      expectOrder(await readTopic(broker.brokers, 'ledger.customer-events'), documents);
      expect(await readTopic(broker.brokers, 'ledger.facts.dlq')).toEqual([]);

      await service.stop();
      await store.kill();
      await broker.stop();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    });
  });
});

type Messages = Awaited<ReturnType<typeof readTopic>>;

function snapshots(messages: Messages): Map<string, unknown> {
  return new Map(messages.map(({ key, value }) => [key, JSON.parse(value ?? 'null')]));
}

/** Each customer's revisions go up by one; only what came before may come again. */
function expectOrder(messages: Messages, documents: ReadonlyMap<string, unknown>): void {
  const newest = new Map<string, number>();
  const gaps: string[] = [];
  for (const { key, headers } of messages) {
    const before = newest.get(key) ?? -1;
    const revision = Number(headers['ce_streamrevision']);
    if (revision > before + 1) gaps.push(`${key}: ${before} is followed by ${revision}`);
    newest.set(key, Math.max(before, revision));
  }
  expect(gaps).toEqual([]);
  expect([...newest.keys()].sort()).toEqual([...documents.keys()].sort());
}
