import { expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { audit } from '../support/audit.js';
import { fact } from '../support/facts.js';
import { random } from '../support/random.js';
import { Service } from '../support/service.js';
import { eventually } from '../support/wait.js';

const ROUNDS = Number(process.env['KILL_ROUNDS'] ?? 30);
const SEED = Number(process.env['SEED'] ?? 20240501);
const SENDERS = 4;
const BATCH = 25;
const CUSTOMERS = 40;

test(`kill -9 at ${ROUNDS} random moments: every acknowledged fact is there once (SEED=${SEED})`, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'ledger-kill-'));
  const next = random(SEED);
  const sent = new Map<string, object>();
  const acknowledged = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const service = await Service.start({ directory });
    const load = Promise.all(Array.from({ length: SENDERS }, () => send(service, next, sent, acknowledged)));
    await sleep(50 + next() * 250);
    // on a slow machine the load runs on until there is as much to lose as on a quick one
    await eventually(() => Promise.resolve(expect(acknowledged.size).toBeGreaterThan((round + 1) * BATCH)));
    await service.kill();
    await load;
  }
  const service = await Service.start({ directory });
  await resend(service, sent, acknowledged);
  await caughtUp(service);
  await service.stop();

  // otherwise the kills came before there was anything to lose
  expect(acknowledged.size).toBeGreaterThan(ROUNDS * BATCH);
  const { origins, customers, faults } = await audit(directory);
  expect(faults).toEqual([]);
  expect(customers).toBe(CUSTOMERS);
  expect([...sent.keys()].filter((id) => origins.get(id) !== 1)).toEqual([]);
  expect(origins.size).toBe(sent.size);
  await rm(directory, { recursive: true, force: true });
});

/** Sends batches of new and of unanswered facts until the service is gone. */
async function send(
  service: Service,
  next: () => number,
  sent: Map<string, object>,
  acknowledged: Set<string>,
): Promise<void> {
  for (;;) {
    const unanswered = [...sent].filter(([id]) => !acknowledged.has(id)).slice(0, 5);
    const batch = [...unanswered.map(([, one]) => one), ...Array.from({ length: BATCH }, () => newFact(next, sent))];
    try {
      const { body } = await service.facts(batch);
      for (const result of body.results as { id: string; source: string; status: string }[]) {
        expect(result.status).not.toBe('rejected');
        acknowledged.add(`${result.source} ${result.id}`);
      }
    } catch (error) {
      // fetch's own errors come from outside the test's realm, so their name has to do
      if ((error as Error).name === 'TypeError') return;
      throw error;
    }
  }
}

/** An order of its own each time, so that every fact leaves exactly one event. */
function newFact(next: () => number, sent: Map<string, object>): object {
  const n = sent.size;
  const time = new Date(Date.UTC(2024, 0, 1) + Math.floor(next() * 1e10)).toISOString();
  const one = fact('order.paid', time, {
    id: `order-${n}`,
    amount: Math.floor(next() * 10_000),
    created_at: time,
    customer: { source_id: `kill-${Math.floor(next() * CUSTOMERS)}` },
  }) as { source: string; id: string };
  sent.set(`${one.source} ${one.id}`, one);
  return one;
}

async function resend(service: Service, sent: Map<string, object>, acknowledged: Set<string>): Promise<void> {
  const open = [...sent].filter(([id]) => !acknowledged.has(id)).map(([, one]) => one);
  for (let n = 0; n < open.length; n += 500) {
    const { body } = await service.facts(open.slice(n, n + 500));
    expect(body.rejected).toBe(0);
  }
}

async function caughtUp(service: Service): Promise<void> {
  const { headers } = await service.call('POST', '/v1/customers', { body: { source_id: 'kill-0' } });
  const position = headers.get('x-ledger-position') ?? '0';
  expect((await service.call('GET', '/v1/customers', { headers: { 'x-ledger-min-position': position } })).status).toBe(
    200,
  );
}
