import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { KyselyPlugin } from 'kysely';
import { createCustomer, entityKinds, record, toDocument, updateCustomer } from '#customer';
import { Fenced, WrongStore } from '#database';
import { at, histories } from '../histories.double.js';
import { Log } from '../log.double.js';
import { isGone } from './projection.js';
import { Projector } from './projector.js';
import type { ReadModel } from '../read-model.js';
import { atOnce, clear, rows } from '../tables.double.js';
import { PROJECTOR } from './work.js';
import { runs } from '../../../customer/src/runs.fixture.js';

/** Orders of one customer, repeatedly paid and canceled. */
const ordersTakenBack = fc
  .array(fc.record({ id: fc.constantFrom('1', '2', '3', '4', '5', '6'), isPaid: fc.boolean(), day: fc.nat(9) }), {
    maxLength: 25,
  })
  .map((all) => {
    const log = new Log();
    log.decide('cust_1', createCustomer, { source_id: 's1' }, at(0));
    for (const [i, { id, isPaid, day }] of all.entries()) {
      const order = {
        id,
        status: isPaid ? ('PAID' as const) : ('CANCELED' as const),
        amount: day,
        created_at: at(day),
      };
      log.decide('cust_1', record.order, { ...order, customer: { source_id: 's1' } }, at(100 + i));
    }
    return log;
  });

/** Batches that cover a log and may overlap. */
const cuts = fc.array(fc.tuple(fc.nat(12), fc.nat(12)), { minLength: 60, maxLength: 60 });
function* batches(log: Log, sizes: readonly (readonly [number, number])[]) {
  let end = 0;
  for (const [size, again] of sizes) {
    if (end >= log.events.length) return;
    const from = Math.max(0, end - again);
    end = Math.min(log.events.length, end + size);
    yield log.batch(from, end);
  }
  yield log.batch(end);
}

/** The contract of the projector: each event takes effect exactly once, after any failure. */
export function projectorContract(open: () => Promise<ReadModel>): void {
  let model: ReadModel;
  beforeEach(async () => {
    model = await open();
  });
  afterEach(() => model.close());

  test('any batches, with parts delivered twice, give the same rows', () =>
    fc.assert(
      fc.asyncProperty(histories, cuts, async (log, sizes) => {
        const expected = await atOnce(model, log);
        await clear(model);
        const projector = new Projector(model, log, log);
        for (const batch of batches(log, sizes)) await projector.step(batch);
        expect(await rows(model)).toEqual(expected);
      }),
      { numRuns: runs(20, 80) },
    ));

  test('the rows are those of a fresh fold of each stream', () =>
    fc.assert(
      fc.asyncProperty(histories, cuts, async (log, sizes) => {
        await clear(model);
        const projector = new Projector(model, log, log);
        for (const batch of batches(log, sizes)) await projector.step(batch);
        for (const id of log.ids) await expectFolded(model, log, id);
        const active = log.ids.filter((id) => log.state(id).status === 'active').length;
        expect((await model.customers({ limit: 100 })).documents).toHaveLength(active);
        expect((await model.customers({})).total).toBe(active);
      }),
      { numRuns: runs(20, 80) },
    ));

  test('an order that stops being the last gives way to one that the batch did not touch', () =>
    fc.assert(
      fc.asyncProperty(ordersTakenBack, fc.integer({ min: 1, max: 3 }), async (log, size) => {
        await clear(model);
        const projector = new Projector(model, log, log);
        for (let from = 0; from < log.events.length; from += size) await projector.step(log.batch(from, from + size));
        await expectFolded(model, log, 'cust_1');
      }),
      { numRuns: runs(20, 60) },
    ));

  test('a projector that dies anywhere in a batch leaves nothing of it, and its successor repeats the batch', () =>
    fc.assert(
      fc.asyncProperty(
        histories,
        cuts,
        fc.array(fc.integer({ min: 1, max: 25 }), { maxLength: 8 }),
        async (log, sizes, deaths) => {
          const expected = await atOnce(model, log);
          await clear(model);
          const left = [...deaths];
          for (const batch of batches(log, sizes)) {
            while (left.length > 0) {
              const before = await rows(model);
              const doomed = new Projector(dyingAt(model, left.pop() ?? 1), log, log);
              const from = await model.reached(PROJECTOR);
              await doomed.step(batch).catch((error: unknown) => expect(String(error)).toContain('killed'));
              if (from?.position === (await model.reached(PROJECTOR))?.position)
                expect(await rows(model)).toEqual(before);
            }
            await new Projector(model, log, log).step(batch);
          }
          expect(await rows(model)).toEqual(expected);
        },
      ),
      { numRuns: runs(15, 40) },
    ));

  test('a projector whose shard was taken over fails and changes nothing', async () => {
    const log = shop(4);
    const [first, second] = [new Projector(model, log, log), new Projector(model, log, log)];
    await first.step(log.batch(0, 2));
    await second.attach();
    const before = await rows(model);
    await expect(first.step(log.batch(2, 3))).rejects.toThrow(Fenced);
    expect(await rows(model)).toEqual(before);
    await second.step(log.batch(2, 4));
    expect((await model.customers({})).total).toBe(4);
  });

  test('a read model of another event store is refused', async () => {
    const log = shop(1);
    await new Projector(model, { ...bound(log), identity: () => Promise.resolve('store-2') }, log).step(log.batch());
    await expect(new Projector(model, log, log).run(AbortSignal.timeout(1000))).rejects.toThrow(WrongStore);
  });

  test('a running projector catches up, reports its lag, and survives failures', async () => {
    const log = shop(10);
    const stop = new AbortController();
    const tried: number[] = [];
    const behind: number[] = [];
    let failures = 2;
    const flaky = {
      ...bound(log),
      decode: (...args: Parameters<Log['decode']>) =>
        failures-- > 0 ? Promise.reject(new Error('the disk sleeps')) : log.decode(...args),
    };
    const projector = new Projector(model, flaky, flaky, {
      batch_size_max: 4,
      onError: (_, tries) => tried.push(tries),
      onBatch: ({ lag_events, caught_up }) => {
        behind.push(lag_events);
        if (caught_up) stop.abort();
      },
      clock: () => Date.parse(at(100)),
    });
    await projector.run(stop.signal);
    expect(tried).toEqual([1, 2]);
    expect(behind).toEqual([18, 6, 0]);
    expect((await model.customers({})).total).toBe(10);
  });

  test('an event that cannot be projected parks its customer alone, until a redrive', async () => {
    const log = shop(3);
    log.decide('cust_1', record.order, { id: 'o1', amount: 5, status: 'PAID', customer: { source_id: 's1' } }, at(50));
    log.unreadable.add(log.events.at(-1)?.id ?? '');
    log.decide('cust_1', updateCustomer, { name: 'Later' }, at(60));
    log.decide('cust_2', updateCustomer, { name: 'Two' }, at(70));
    const projector = new Projector(model, log, log);

    expect(await projector.step(log.batch(0, 4))).toMatchObject({ applied: 3, parked: 1, parked_customers: 1 });
    expect(await projector.step(log.batch(4))).toMatchObject({ applied: 1, parked: 1, unchanged: 0 });
    expect(await model.parked()).toEqual([
      { customer_id: 'cust_1', position: 10n, skipped_to: 13n, error: 'TypeError' },
    ]);
    expect((await model.customer('cust_1'))?.document).not.toContain('Later');
    expect((await model.customer('cust_2'))?.document).toContain('Two');

    expect(await projector.redrive('cust_1')).toBe(false);
    log.unreadable.clear();
    expect(await projector.redrive('cust_1')).toBe(true);
    expect(await model.parked()).toEqual([]);
    const driven = await rows(model);
    expect(driven).toEqual(await atOnce(model, log));
  });
}

const bound = (log: Log) => ({
  follow: log.follow.bind(log),
  read: log.read.bind(log),
  head: log.head.bind(log),
  identity: log.identity.bind(log),
});

function shop(customers: number): Log {
  const log = new Log();
  for (let i = 0; i < customers; i++)
    log.decide(`cust_${i}`, createCustomer, { source_id: `s${i}`, name: `Name ${i}` }, at(i));
  return log;
}

async function expectFolded(model: ReadModel, log: Log, id: string): Promise<void> {
  const state = log.state(id);
  const row = await model.db.selectFrom('customers').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  expect(row.status).toBe(state.status);
  expect(parsed(row.document)).toEqual(
    state.status === 'active' ? parsed(JSON.stringify(toDocument(id, state))) : null,
  );
  if (!isGone(state)) expect(parsed(row.head)).toEqual(parsed(JSON.stringify(state.head)));
  const folded = entityKinds.flatMap((kind) =>
    [...state.entities.ofKind(kind)].map(([key, entity]) => [kind, key, parsed(JSON.stringify(entity))]),
  );
  const orders = await model.db.selectFrom('orders').selectAll().where('customer_id', '=', id).execute();
  const redemptions = await model.db.selectFrom('redemptions').selectAll().where('customer_id', '=', id).execute();
  const others = await model.db.selectFrom('entities').selectAll().where('customer_id', '=', id).execute();
  const stored = [
    ...orders.map((one) => ['order', one.order_id, parsed(one.data)]),
    ...redemptions.map((one) => ['redemption', one.redemption_id, parsed(one.data)]),
    ...others.map((one) => [one.kind, one.entity_id, parsed(one.data)]),
  ];
  expect(stored.sort(byKindAndId)).toEqual(folded.sort(byKindAndId));
}

/** Parses JSON before a comparison, because a database may change the order of its keys. */
const parsed = (text: string | null): unknown => (text === null ? null : (JSON.parse(text) as unknown));

const byKindAndId = ([kind, id]: readonly unknown[], [otherKind, otherId]: readonly unknown[]): number =>
  JSON.stringify([kind, id]) < JSON.stringify([otherKind, otherId]) ? -1 : 1;

/** The same read model, which fails at the nth answer. */
export function dyingAt(model: ReadModel, answers: number): ReadModel {
  let left = answers;
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    transformResult: ({ result }) => (left-- === 0 ? Promise.reject(new Error('killed')) : Promise.resolve(result)),
  };
  return Object.create(model, { db: { value: model.db.withPlugin(plugin) } }) as ReadModel;
}
