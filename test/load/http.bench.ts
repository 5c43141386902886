import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fact } from '../support/facts.js';
import { KEYS, Service } from '../support/service.js';
import { alternate, median, percent, perSecond, rate, report, requestsPerSecond } from './measure.js';

const CONNECTIONS = 32;
const SECONDS = 4;
const ROUNDS = 3;
const HEADERS = { 'x-app-id': KEYS.write.app_id, 'x-app-token': KEYS.write.token };
const BATCH = 500;
const BATCHES = 40;

const body = (n: number): string =>
  JSON.stringify({
    source_id: `bench-${process.pid}-${n}`,
    name: 'Ada Lovelace',
    email: `ada-${n}@example.test`,
    address: { city: 'London' },
    metadata: { lang: 'en', vip: true },
  });

/** GET by id and durable POST against the bare framework, both under the same load from the same process. */
export async function httpBench(): Promise<void> {
  const service = await Service.start();
  const created = await service.call('POST', '/v1/customers', { body: JSON.parse(body(-1)) as object });
  const bare = await startBare(created.text);
  const load = { connections: CONNECTIONS, seconds: SECONDS };
  const get = await alternate(ROUNDS, {
    bare: () =>
      requestsPerSecond({
        ...load,
        method: 'GET',
        url: `${bare.url}/v1/customers/${created.body.id}`,
        headers: HEADERS,
      }),
    ledger: () =>
      requestsPerSecond({
        ...load,
        method: 'GET',
        url: `${service.url}/v1/customers/${created.body.id}`,
        headers: HEADERS,
      }),
  });
  report(
    'GET /v1/customers/{id}',
    rate(get.ledger, 'req/s'),
    `bare route ${rate(get.bare, 'req/s')}: ${percent(get.ledger, get.bare)}`,
  );
  let n = 0;
  const post = await alternate(ROUNDS, {
    bare: () =>
      requestsPerSecond({
        ...load,
        method: 'POST',
        url: `${bare.url}/v1/customers`,
        headers: HEADERS,
        body: () => body(n++),
      }),
    ledger: () =>
      requestsPerSecond({
        ...load,
        method: 'POST',
        url: `${service.url}/v1/customers`,
        headers: HEADERS,
        body: () => body(n++),
      }),
  });
  report(
    'POST /v1/customers, new customers, durable',
    rate(post.ledger, 'req/s'),
    `bare route ${rate(post.bare, 'req/s')}: ${percent(post.ledger, post.bare)}`,
  );
  bare.child.kill();
  await factsBench(service);
  await service.discard();
}

async function factsBench(service: Service): Promise<void> {
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const batches = Array.from({ length: BATCHES }, (_, b) =>
      Array.from({ length: BATCH }, (_, i) => orderFact(round, b * BATCH + i)),
    );
    rates.push(
      await perSecond(BATCH * BATCHES, async () => {
        const waiting = [...batches];
        const sender = async (): Promise<void> => {
          for (let batch = waiting.pop(); batch; batch = waiting.pop()) {
            const { body: answer } = await service.facts(batch);
            if (answer.accepted !== BATCH) throw new Error(`of ${BATCH} facts ${answer.accepted} were accepted`);
          }
        };
        await Promise.all([sender(), sender(), sender(), sender()]);
      }),
    );
  }
  report(`POST /v1/facts, batches of ${BATCH}, 4 in flight, durable`, rate(median(rates), 'facts/s'));
}

const orderFact = (round: number, n: number): object =>
  fact('order.paid', '2024-05-01T10:00:00Z', {
    id: `bench-order-${round}-${n}`,
    amount: n,
    created_at: '2024-05-01T10:00:00Z',
    metadata: { channel: 'web' },
    customer: { source_id: `bench-customer-${n % 2_000}` },
  });

async function startBare(document: string): Promise<{ url: string; child: ChildProcess }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'bare.js'), document], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /listens on (http:\S+)/.exec(line)?.[1];
    if (url !== undefined) return { url, child };
  }
  throw new Error('the bare route did not start');
}
