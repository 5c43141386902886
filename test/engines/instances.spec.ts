import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { random } from '../support/random.js';
import { type Answer, KEYS, type Service } from '../support/service.js';
import { type Figures, figuresOf, shop, type ShopFact, shownFigures } from '../support/shop.js';
import { eventually } from '../support/wait.js';
import { Deployment } from './deployment.js';
import { engineSuite } from './engine.js';

const CUSTOMERS = 200;
const FACTS = 20_000;
const BATCH = 100;
const ROUNDS = 8;
const LEASE_MS = 1_500;

engineSuite('two instances on one PostgreSQL and one event store', 'TEST_DATABASE_URL', (server) => {
  test('end in the same documents, whichever of them is frozen or killed meanwhile', async () => {
    const deployment = await Deployment.open(server, { LEASE_MS: String(LEASE_MS), SHARDS: '6' });
    const instances = await Promise.all([deployment.start(0), deployment.start(1)]);
    const facts = shop(11, CUSTOMERS, FACTS);
    const next = random(5);
    let isOver = false;

    const sending = send(
      facts,
      () => instances[next() < 0.5 ? 0 : 1] ?? instances[0],
      () => isOver,
    );
    for (let round = 0; round < ROUNDS; round++) {
      await sleep(500 + next() * 1_000);
      const n = round % 2;
      if (round % 4 < 2) {
        // frozen past its lease: it finds its shards in other hands
        instances[n]?.signal('SIGSTOP');
        await sleep(LEASE_MS * 2);
        instances[n]?.signal('SIGCONT');
      } else {
        await instances[n]?.kill();
        instances[n] = await deployment.start(n);
      }
    }
    isOver = true;
    expect(await sending).toBe(FACTS === facts.length ? FACTS : facts.length);

    const expected = figuresOf(facts);
    expect(expected.size).toBe(CUSTOMERS);
    const [first, second] = await Promise.all(instances.map((one) => documents(one, [...expected.keys()])));
    for (const [source_id, figures] of expected) {
      expect([source_id, shownFigures(first?.get(source_id))]).toEqual([source_id, figures satisfies Figures]);
      expect(second?.get(source_id)).toEqual(first?.get(source_id));
    }
    await deployment.close();
  });
});

/** Sends every fact until it is acknowledged, to whichever instance; answers with their number. */
async function send(facts: readonly ShopFact[], pick: () => Service, isOver: () => boolean): Promise<number> {
  const batches = Array.from({ length: Math.ceil(facts.length / BATCH) }, (_, n) =>
    facts.slice(n * BATCH, (n + 1) * BATCH),
  );
  let sent = 0;
  const sender = async (): Promise<void> => {
    for (let batch = batches.shift(); batch; batch = batches.shift()) {
      const acknowledged = await deliver(batch, pick);
      sent += acknowledged;
      // spread over the rounds
      if (!isOver()) await sleep(60);
    }
  };
  await Promise.all([sender(), sender(), sender(), sender()]);
  return sent;
}

async function deliver(batch: readonly ShopFact[], pick: () => Service): Promise<number> {
  let open = batch;
  while (open.length > 0) {
    try {
      const { body, status } = await pick().facts(open);
      if (status === 200) open = open.filter((_, n) => body.results[n].status === 'rejected');
    } catch {
      // gone, or frozen: another instance will take it
    }
    if (open.length > 0) await sleep(100);
  }
  return batch.length;
}

async function documents(service: Service, sourceIds: readonly string[]): Promise<Map<string, Answer['body']>> {
  const all = new Map<string, unknown>();
  for (const source_id of sourceIds) {
    await eventually(async () => {
      const { status, body } = await service.call('GET', `/v1/customers/${source_id}`, { key: KEYS.read });
      expect(status).toBe(200);
      all.set(source_id, body);
    });
  }
  return all;
}
