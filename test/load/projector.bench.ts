import { nine, record, Rejection } from '#customer';
import { median, percent, perSecond, rate, report } from './measure.js';
import { type Scratch, withScratch } from './scratch.js';

const CUSTOMERS = 2_000;
const ORDERS = 15;
const STATUSES = ['CREATED', 'PAID', 'FULFILLED'] as const;
const HISTORIES = [10, 10_000];
const MORE = 2_000;
const context = { actor: { channel: 'bench' }, correlation_id: 'v-bench' };

/** Events per second into the read model, sealed metadata included, against reading and parsing alone. */
export async function projectorBench(): Promise<void> {
  await withScratch(async (scratch) => {
    for (let order = 0; order < ORDERS; order++) {
      await Promise.all(Array.from({ length: CUSTOMERS }, (_, n) => placeOrder(scratch, `bench${n}`, `${n}-${order}`)));
    }
    const count = CUSTOMERS * (1 + ORDERS * STATUSES.length);
    const raw = await perSecond(count, async () => {
      for await (const { position } of scratch.store.readAll()) if (position < 0n) throw new Error('unreachable');
    });
    let projected = 0;
    const rated = await perSecond(count, async () => void (projected = await scratch.project()));
    if (projected !== count) throw new Error(`of ${count} events ${projected} were projected`);
    report(
      `projector, ${count.toLocaleString('en')} events, ${CUSTOMERS.toLocaleString('en')} customers`,
      rate(rated, 'events/s'),
      `read and parse alone ${rate(raw, 'events/s')}: ${percent(rated, raw)}`,
    );
  });
  await historyBench();
}

/** The cost of an event for a customer with few and with many orders. */
async function historyBench(): Promise<void> {
  const costs = new Map<number, number[]>(HISTORIES.map((length) => [length, []]));
  await withScratch(async (scratch) => {
    for (const length of HISTORIES) {
      for (let n = 0; n < length; n += 500) await placeMany(scratch, `with${length}`, n, Math.min(500, length - n));
    }
    await scratch.project();
    for (let round = 0; round < 5; round++) {
      for (const length of HISTORIES) {
        await placeMany(scratch, `with${length}`, length + round * MORE, MORE / STATUSES.length);
        const start = performance.now();
        const events = await scratch.project();
        costs.get(length)?.push(((performance.now() - start) * 1000) / events);
      }
    }
  });
  const [few = 0, many = 0] = HISTORIES.map((length) => median(costs.get(length) ?? []));
  report(
    'an event of a customer with 10,000 orders',
    `${many.toFixed(1)} µs`,
    `with 10 orders ${few.toFixed(1)} µs: ${(many / few).toFixed(2)} times`,
  );
}

async function placeMany(scratch: Scratch, id: string, from: number, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, n) => placeOrder(scratch, id, `${id}-${from + n}`)));
}

async function placeOrder({ repository }: Scratch, customerId: string, id: string): Promise<void> {
  for (const [step, status] of STATUSES.entries()) {
    const at = `2024-05-01T10:00:0${step}.000Z`;
    const fact = {
      id,
      status,
      amount: 1_000,
      created_at: at,
      metadata: { channel: 'web', note: 'by the door' },
      customer: { source_id: customerId },
    };
    const outcome = await repository.handle(
      `customer-${customerId}`,
      ({ state }) => record.order(state, fact, { at: nine(at) }),
      context,
    );
    if (outcome instanceof Rejection) throw new Error(outcome.code);
  }
}
