import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sql } from 'kysely';
import { createCustomer, eraseCustomer, record, updateCustomer } from '#customer';
import { Fenced } from '#database';
import { at, histories } from '../histories.double.js';
import { Log } from '../log.double.js';
import { Projector } from '../projecting/projector.js';
import { dyingAt } from '../projecting/projector.contract.js';
import { clear, rows } from '../tables.double.js';
import type { ReadModel } from '../read-model.js';
import type { Report } from './comparison.js';
import { BOUND, tableOf } from '../generation.js';
import { Rebuilder, type RebuilderOptions } from './rebuilder.js';
import { type Rebuild, RebuildClosed, RebuildOpen, type RebuildRequest } from './rebuilds.js';

const STEPS_MAX = 2_000;

/** A clock that advances by a second at each reading. */
const ticking = () => {
  let now_ms = Date.parse(at(0));
  return () => (now_ms += 1_000);
};

/** The contract of rebuilds on every database. */
export function rebuildContract(open: () => Promise<ReadModel>): void {
  let model: ReadModel;
  beforeEach(async () => {
    model = await open();
  });
  afterEach(() => model.close());

  const rebuilder = (log: Log, more: Partial<RebuilderOptions> = {}): Rebuilder =>
    new Rebuilder(model, log, log, {
      instance: 'a',
      batch_size_max: 17,
      transaction_size_max: 4,
      pause_ms: 0,
      clock: ticking(),
      ...more,
    });

  async function project(log: Log): Promise<void> {
    await new Projector(model, log, log).step(log.batch());
  }

  /** Removes everything that a former test left. */
  async function reset(): Promise<void> {
    await model.db.deleteFrom('rebuilds').execute();
    const sweeper = rebuilder(new Log());
    while (await sweeper.step());
    const former = await model.db.selectFrom('generations').select('name').where('name', '=', 'former').execute();
    for (const table of former.length > 0 ? BOUND : [])
      await model.db.schema.dropTable(tableOf('former', table)).execute();
    await model.db.deleteFrom('generations').where('name', '=', 'former').execute();
    await clear(model);
  }

  async function finish(one: Rebuilder, id: string): Promise<Rebuild> {
    for (let steps = 0; steps < STEPS_MAX; steps++) {
      const found = await model.rebuilds.find(id);
      if (found && !found.is_open) return found;
      await one.step();
    }
    throw new Error('it never ends');
  }

  async function rebuild(log: Log, request: RebuildRequest = {}): Promise<Rebuild> {
    const { id } = await model.rebuilds.request(request);
    return finish(rebuilder(log), id);
  }

  /** The tables of other generations. */
  async function others(): Promise<string[]> {
    const tables = await model.db.introspection.getTables();
    const ours = tables.filter(({ schema }) => schema === model.storage.schema);
    return ours.map(({ name }) => name).filter((name) => /^(next|former|leaving)_/.test(name));
  }

  test('a rebuild gives the same rows and an empty report', () =>
    fc.assert(
      fc.asyncProperty(histories, async (log) => {
        await reset();
        await project(log);
        const before = await rows(model);
        const { state, report, events } = await rebuild(log);
        expect(state).toBe('done');
        expect(report).toEqual({
          events: log.events.length,
          customers_compared: log.ids.length,
          customers_differing: 0,
          differing: [],
          counters: [],
        });
        expect(events).toBe(log.events.length);
        expect(await rows(model)).toEqual(before);
      }),
      { numRuns: 15 },
    ));

  test('a generation has the columns, keys and indexes of the original tables', async () => {
    const before = await layout(model);
    const log = shop(3);
    await project(log);
    expect((await rebuild(log)).state).toBe('done');
    expect(await layout(model)).toEqual(before);
    expect((await rebuild(log)).state).toBe('done');
    expect(await layout(model)).toEqual(before);
  });

  test('a rebuild during new events misses none and shows no older state', () =>
    fc.assert(
      fc.asyncProperty(histories, fc.array(fc.nat(5), { maxLength: 60 }), async (log, sizes) => {
        await reset();
        const { id } = await model.rebuilds.request({});
        const [one, projector] = [rebuilder(log), new Projector(model, log, log)];
        let end = 0;
        for (const size of sizes) {
          await one.step();
          const before = await revisions();
          await projector.step(log.batch(end, (end += size)));
          const after = await revisions();
          for (const [customer, revision] of before) expect(after.get(customer)).toBeGreaterThanOrEqual(revision);
        }
        await projector.step(log.batch(Math.min(end, log.events.length)));
        const { state, report } = await finish(one, id);
        expect([state, report?.differing]).toEqual(['done', []]);
        const rebuilt = await rows(model);
        await clear(model);
        await project(log);
        expect(rebuilt).toEqual(await rows(model));
      }),
      { numRuns: 15 },
    ));

  test('a rebuild killed after any step is resumed by another instance; cancelled after any step it leaves nothing', () =>
    fc.assert(
      fc.asyncProperty(
        histories,
        fc.array(fc.nat(25), { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        async (log, ends, isCancelled) => {
          await reset();
          await project(log);
          const before = await rows(model);
          let { id } = await model.rebuilds.request({});
          for (const steps of ends) {
            const doomed = rebuilder(log, { batch_size_max: 6, transaction_size_max: 2 });
            for (let step = 0; step < steps; step++) await doomed.step();
            if (!isCancelled) continue;
            await model.rebuilds
              .wish(id, 'cancel')
              .catch((error: unknown) => expect(error).toBeInstanceOf(RebuildClosed));
            const { state } = await finish(doomed, id);
            while (await doomed.step());
            if (state === 'cancelled') expect((await others()).filter((name) => name.startsWith('next'))).toEqual([]);
            expect(await rows(model)).toEqual(before);
            id = (await model.rebuilds.request({})).id;
          }
          const { state, report } = await finish(rebuilder(log), id);
          expect([state, report?.customers_differing, report?.customers_compared]).toEqual(['done', 0, log.ids.length]);
          expect(await rows(model)).toEqual(before);
        },
      ),
      { numRuns: 15 },
    ));

  test('a rebuild killed between any two database answers leaves nothing half done', () =>
    fc.assert(
      fc.asyncProperty(
        histories,
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 12 }),
        async (log, deaths) => {
          await reset();
          await project(log);
          const before = await rows(model);
          const { id } = await model.rebuilds.request({});
          const sizes = { instance: 'a', batch_size_max: 17, transaction_size_max: 4, pause_ms: 0 };
          for (const answers of deaths) {
            const doomed = new Rebuilder(dyingAt(model, answers), log, log, sizes);
            const dying = (async () => {
              while (await doomed.step());
            })();
            await dying.catch((error: unknown) => expect(String(error)).toContain('killed'));
            expect(await rows(model)).toEqual(before);
          }
          const { state, report } = await finish(rebuilder(log), id);
          expect([state, report?.customers_differing, report?.customers_compared]).toEqual(['done', 0, log.ids.length]);
          expect(await rows(model)).toEqual(before);
        },
      ),
      { numRuns: 15 },
    ));

  test('rows that differ from the events are reported with their paths, and the switch corrects them', async () => {
    const log = shop(40);
    await project(log);
    const right = await rows(model);
    await spoil();
    const check = await rebuild(log, { check_only: true });
    expect(check).toMatchObject({ kind: 'check', state: 'done', report: { customers_compared: 41 } });
    expect(named(check.report)).toEqual(SPOILED);
    expect(check.report?.counters).toEqual(['customers_active']);
    expect(JSON.stringify(check)).not.toContain('Mallory');
    expect(await rows(model)).not.toEqual(right);
    while (await rebuilder(log).step());
    expect(await others()).toEqual([]);

    const done = await rebuild(log);
    expect(named(done.report)).toEqual(SPOILED);
    expect(await rows(model)).toEqual(right);
    expect((await rebuild(log, { check_only: true })).report).toMatchObject({ customers_differing: 0, counters: [] });
  });

  test('a fold that is wrong for some customers is detected for exactly these', async () => {
    const log = shop(30);
    const wrong = {
      ...bound(log),
      decode: async (events: Parameters<Log['decode']>[0]) => (await log.decode(events)).map(mutated),
    };
    await new Projector(model, wrong, wrong).step(log.batch());
    const { report } = await rebuild(log, { check_only: true });
    expect(report?.differing.map(({ customer }) => customer)).toEqual(['cust_10', 'cust_20']);
    for (const { paths } of report?.differing ?? [])
      expect(paths).toEqual(expect.arrayContaining(['document/summary/orders/total_amount', 'orders/~1o/amount']));
  });

  test('one customer is rebuilt in place', async () => {
    const log = shop(12);
    await project(log);
    const right = await rows(model);
    await model.db.updateTable('orders').set({ amount: 1 }).where('customer_id', '=', 'cust_3').execute();
    const check = await rebuild(log, { customer: 'cust_3', check_only: true });
    expect(check.report?.differing).toEqual([
      { customer: 'cust_3', revision: 1, paths: ['orders/~1o/amount'], paths_total: 1 },
    ]);
    expect(await rows(model)).not.toEqual(right);
    expect((await rebuild(log, { customer: 'cust_3' })).report?.customers_differing).toBe(1);
    expect(await rows(model)).toEqual(right);
    expect((await rebuild(log, { customer: 'cust_3' })).report).toMatchObject({
      customers_differing: 0,
      customers_compared: 1,
    });
    expect(await rebuild(log, { customer: 'unknown' })).toMatchObject({ state: 'failed', error: 'no_such_customer' });
    expect(await others()).toEqual([]);
  });

  test('switching back brings the former generation up to date first', async () => {
    const log = shop(10);
    await project(log);
    expect(await rebuild(log, { switch_back: true })).toMatchObject({
      state: 'failed',
      error: 'nothing_to_switch_back_to',
    });
    await rebuild(log);
    log.decide('cust_1', updateCustomer, { name: 'Later' }, at(500));
    log.decide('cust_new', createCustomer, { name: 'New' }, at(501));
    await new Projector(model, log, log).step(log.batch());
    const right = await rows(model);
    const onSwitch: string[] = [];
    const { id } = await model.rebuilds.request({ switch_back: true });
    expect((await finish(rebuilder(log, { onSwitch: () => onSwitch.push('now') }), id)).state).toBe('done');
    expect(onSwitch).toEqual(['now']);
    expect(await rows(model)).toEqual(right);
    // and back again
    expect((await rebuild(log, { switch_back: true })).state).toBe('done');
    expect(await rows(model)).toEqual(right);
    log.decide('cust_2', updateCustomer, { name: 'Still alive' }, at(502));
    await new Projector(model, log, log).step(log.batch());
    expect((await model.customer('cust_2'))?.document).toContain('Still alive');
    expect((await rebuild(log)).state).toBe('done');
  });

  test('an erasure reaches every generation at once, and lasts through a rebuild and a switch back', async () => {
    const log = shop(8);
    await project(log);
    await rebuild(log);
    const { id } = await model.rebuilds.request({ check_only: true });
    const one = rebuilder(log, { batch_size_max: 1_000 });
    while ((await model.rebuilds.find(id))?.state !== 'building') await one.step();
    await one.step();
    await model.rebuilds.wish(id, 'pause');
    log.decide('cust_4', eraseCustomer, undefined, at(900));
    await project(log);
    for (const table of ['next_customers', 'former_customers', 'next_activities', 'former_orders'])
      expect(JSON.stringify(await everything(table))).not.toContain('Name 4');
    await model.rebuilds.wish(id, 'run');
    expect((await finish(one, id)).report?.customers_differing).toBe(0);
    expect((await rebuild(log, { switch_back: true })).state).toBe('done');
    expect(await model.customer('cust_4')).toBeUndefined();
    expect((await model.customers({})).total).toBe(7);
    expect((await rebuild(log)).report?.customers_differing).toBe(0);
    expect(await model.customer('cust_4')).toBeUndefined();
  });

  test('a generation in which more customers are parked is not switched to', async () => {
    const log = shop(6);
    await project(log);
    const before = await rows(model);
    log.unreadable.add(log.events.at(-1)?.id ?? '');
    const failed = await rebuild(log);
    expect(failed).toMatchObject({
      state: 'failed',
      error: 'events_cannot_be_taken_in',
      report: { customers_differing: 1 },
    });
    expect(await rows(model)).toEqual(before);
    log.unreadable.clear();
    expect((await rebuild(log)).state).toBe('done');
  });

  test('a rebuild brings a parked customer back', async () => {
    const log = shop(6);
    log.unreadable.add(log.events.at(-1)?.id ?? '');
    await project(log);
    expect(await model.parked()).toHaveLength(1);
    log.unreadable.clear();
    expect((await rebuild(log)).report?.differing.map(({ customer }) => customer)).toEqual(['cust_5']);
    expect(await model.parked()).toEqual([]);
    expect((await model.customer('cust_5'))?.revision).toBe(1);
  });

  test('one rebuild runs at a time; a paused one waits until resumed; a finished one stays finished', async () => {
    const log = shop(5);
    await project(log);
    const first = await model.rebuilds.request({});
    await expect(model.rebuilds.request({})).rejects.toThrow(RebuildOpen);
    await model.rebuilds.wish(first.id, 'pause');
    expect((await model.rebuilds.find(first.id))?.state).toBe('paused');
    const one = rebuilder(log);
    for (let step = 0; step < 20; step++) await one.step();
    expect(await model.rebuilds.find(first.id)).toMatchObject({ state: 'paused', events: 0 });
    await model.rebuilds.wish(first.id, 'run');
    expect((await finish(one, first.id)).state).toBe('done');
    await expect(model.rebuilds.wish(first.id, 'cancel')).rejects.toThrow(RebuildClosed);
    expect(await model.rebuilds.wish('rbld_none', 'cancel')).toBeUndefined();
  });

  test('an instance that lost its lease cannot do a step', async () => {
    const log = shop(20);
    await project(log);
    const { id } = await model.rebuilds.request({});
    const frozen = rebuilder(log, { instance: 'frozen', lease_ms: 1 });
    await frozen.step();
    await frozen.step();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const next = rebuilder(log, { instance: 'next', lease_ms: 60_000 });
    await next.step();
    for (; (await model.rebuilds.find(id))?.state === 'building'; await next.step())
      await expect(frozen.step()).rejects.toThrow(Fenced);
    const { report } = await finish(next, id);
    expect(report).toMatchObject({ events: log.events.length, customers_differing: 0 });
  });

  test('a rebuild waits for a projector that is behind it', async () => {
    const log = shop(9);
    await new Projector(model, log, log).step(log.batch(0, 4));
    const { id } = await model.rebuilds.request({});
    const one = rebuilder(log);
    for (let step = 0; step < 30; step++) await one.step();
    expect(await model.rebuilds.find(id)).toMatchObject({ is_open: true, state: 'switching' });
    await project(log);
    expect((await finish(one, id)).report).toMatchObject({ customers_compared: 9, customers_differing: 0 });
  });

  async function revisions(): Promise<Map<string, number>> {
    const found = await model.db.selectFrom('customers').select(['id', 'revision']).execute();
    return new Map(found.map((row) => [row.id, row.revision]));
  }

  const everything = (table: string) =>
    model.db
      .selectFrom(table as 'customers')
      .selectAll()
      .execute();

  /** The differing paths by customer id. */
  const SPOILED = {
    cust_1: ['document/name'],
    cust_2: ['orders/~1o/amount', 'orders/~1o/is_counted'],
    cust_3: ['activities/'],
    cust_4: ['customer', 'orders/~1o', 'activities/', 'activities/', 'activities/'],
    cust_5: ['city_key', 'changed_at'],
    cust_ghost: ['customer'],
  };

  async function spoil(): Promise<void> {
    const { db } = model;
    const spoiled = (await db.selectFrom('customers').selectAll().where('id', '=', 'cust_1').execute())[0]!;
    const document = JSON.stringify({ ...JSON.parse(spoiled.document ?? '{}'), name: 'Mallory' });
    await db.updateTable('customers').set({ document }).where('id', '=', 'cust_1').execute();
    await db.updateTable('orders').set({ amount: 666, is_counted: 0 }).where('customer_id', '=', 'cust_2').execute();
    const kept = await db.selectFrom('activities').select('id').where('customer_id', '=', 'cust_3').execute();
    await db.deleteFrom('activities').where('id', '=', kept[0]!.id).execute();
    await db.deleteFrom('customers').where('id', '=', 'cust_4').execute();
    for (const table of ['orders', 'activities'] as const)
      await db.deleteFrom(table).where('customer_id', '=', 'cust_4').execute();
    await db
      .updateTable('customers')
      .set({ city_key: 'nowhere', changed_at: at(7) })
      .where('id', '=', 'cust_5')
      .execute();
    await db
      .insertInto('customers')
      .values({ ...spoiled, id: 'cust_ghost' })
      .execute();
    await db.updateTable('counters').set({ value: 3 }).where('name', '=', 'customers_active').execute();
  }

  const named = (report: Report | null) =>
    Object.fromEntries(
      (report?.differing ?? [])
        .map(({ customer, paths }) => [customer, paths.map((path) => path.replace(/^(activities\/).*/, '$1'))] as const)
        .sort(([one], [other]) => (one < other ? -1 : 1)),
    );
}

const bound = (log: Log) => ({
  follow: log.follow.bind(log),
  read: log.read.bind(log),
  head: log.head.bind(log),
  identity: log.identity.bind(log),
});

/** Falsifies the order amount of some customers. */
function mutated(decoded: Awaited<ReturnType<Log['decode']>>[number]): typeof decoded {
  const { event, recorded } = decoded;
  if (event.type !== 'OrderPlaced' || !/^customer-cust_[12]0$/.test(recorded.stream)) return decoded;
  return { ...decoded, event: { ...event, data: { ...event.data, amount: 1_000_000 } } };
}

/** The definitions of the live tables in the database, without the parts of names that differ by generation. */
async function layout(model: ReadModel): Promise<string[]> {
  const texts =
    model.storage.locks === undefined
      ? sql<{ text: string }>`select sql as text from sqlite_master where sql is not null and name not like '%former_%'`
      : sql<{ text: string }>`select indexdef as text from pg_indexes where schemaname = current_schema()
          and tablename not like 'former_%' union all
        select table_name || column_name || data_type || is_nullable || coalesce(collation_name, '') from information_schema.columns
          where table_schema = current_schema() and table_name not like 'former_%'`;
  const { rows: found } = await texts.execute(model.db);
  const plain = found.map(({ text }) =>
    text
      .replace(/g\d+_|next_/g, '')
      .replaceAll('"', '')
      .replace(/pkey\d/g, 'pkey'),
  );
  return plain.filter((text) => !text.includes('former_')).sort();
}

/** Customers with an order each. */
function shop(customers: number): Log {
  const log = new Log();
  for (let i = 0; i < customers; i++) {
    log.decide(`cust_${i}`, createCustomer, { source_id: `s${i}`, name: `Name ${i}` }, at(i));
    log.decide(`cust_${i}`, record.order, { id: '/o', status: 'PAID', amount: 100 + i, customer: {} }, at(i + 50));
  }
  return log;
}
