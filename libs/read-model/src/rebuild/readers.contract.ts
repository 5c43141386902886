import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { createCustomer, record } from '#customer';
import { at } from '../histories.double.js';
import { Log } from '../log.double.js';
import { Projector } from '../projecting/projector.js';
import type { ReadModel } from '../read-model.js';
import { Rebuilder } from './rebuilder.js';
import type { RebuildRequest } from './rebuilds.js';

const CUSTOMERS = 120;
const ASKED: readonly RebuildRequest[] = [
  {},
  { switch_back: true },
  {},
  { check_only: true },
  { switch_back: true },
  {},
];

/** The contract of readers: a rebuild does not disturb them. Each `open` connects anew to the same read model. */
export function readersContract(open: () => Promise<ReadModel>): void {
  test('busy readers and a projector see no error and no older state through rebuilds and switches', async () => {
    const [reading, listing, projecting, rebuilding] = [await open(), await open(), await open(), await open()];
    const log = shop();
    const projector = new Projector(projecting, log, log);
    await projector.step(log.batch());
    const stop = new AbortController();
    const failures: unknown[] = [];
    let switches = 0;
    const rebuilder = new Rebuilder(rebuilding, log, log, {
      instance: 'a',
      batch_size_max: 40,
      pause_ms: 0,
      poll_ms: 1,
      onSwitch: () => switches++,
      onError: (error) => failures.push(error),
    });
    const seen = new Map<string, number>();
    let reads = 0;
    const see = (text: string, before = seen): void => {
      const { id, summary } = JSON.parse(text) as { id: string; summary: { orders: { total_count: number } } };
      expect(summary.orders.total_count).toBeGreaterThanOrEqual(before.get(id) ?? 0);
      before.set(id, Math.max(summary.orders.total_count, seen.get(id) ?? 0));
      reads++;
    };
    const all = [
      rebuilder.run(stop.signal),
      until(stop.signal, async () => {
        see((await reading.customer(`cust_${Math.floor(Math.random() * CUSTOMERS)}`))?.document ?? '');
      }),
      until(stop.signal, async () => {
        const before = new Map(seen);
        const { documents, total } = await listing.customers({ limit: 20, order: '-updated_at' });
        expect([documents.length, total]).toEqual([20, CUSTOMERS]);
        for (const document of documents) see(document, before);
      }),
      until(stop.signal, async () => {
        const from = log.events.length;
        for (let n = 0; n < 3; n++) order(log, `cust_${Math.floor(Math.random() * CUSTOMERS)}`, from + n);
        await projector.step(log.batch(from));
      }),
    ];
    const asking = (async () => {
      for (const request of ASKED) {
        const { id } = await rebuilding.rebuilds.request(request);
        for (;;) {
          const found = await reading.rebuilds.find(id);
          if (found?.is_open === false) {
            expect(found).toMatchObject({ state: 'done', error: null });
            expect(found.report?.differing ?? []).toEqual([]);
            break;
          }
          await turn();
        }
      }
    })();
    await Promise.race([asking, ...all.map((one) => one.then(() => asking))]).finally(() => stop.abort());
    await Promise.all(all);
    expect(switches).toBe(5);
    // only lock timeouts, which are retried, may occur
    expect(failures.filter((error) => (error as { code?: unknown }).code !== '55P03')).toEqual([]);
    expect(reads).toBeGreaterThan(CUSTOMERS);
    await Promise.all([reading, listing, projecting, rebuilding].map((model) => model.close()));
  });
}

async function until(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await work();
    await turn();
  }
}

function order(log: Log, id: string, n: number): void {
  log.decide(id, record.order, { id: `o${n}`, status: 'PAID', amount: 1, customer: {} }, at(1_000 + n));
}

function shop(): Log {
  const log = new Log();
  for (let i = 0; i < CUSTOMERS; i++) log.decide(`cust_${i}`, createCustomer, { source_id: `s${i}` }, at(i));
  for (let n = 0; n < CUSTOMERS * 4; n++) order(log, `cust_${n % CUSTOMERS}`, n);
  return log;
}
