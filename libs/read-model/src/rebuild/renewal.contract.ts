import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sql } from 'kysely';
import { createCustomer, eraseCustomer, FOLD_VERSION, updateCustomer } from '#customer';
import { migrate, NewerTables, Fenced } from '#database';
import { at, histories } from '../histories.double.js';
import { Log } from '../log.double.js';
import { evaluateAgain } from '../segments/evaluations.js';
import { migrations } from '../migrations/index.js';
import { Projector } from '../projecting/projector.js';
import type { ReadModel } from '../read-model.js';
import { atOnce, clear, rows } from '../tables.double.js';
import { PROJECTOR, projectorOf } from '../projecting/work.js';
import { Rebuilder } from './rebuilder.js';
import { renew } from './renewal.js';
import { runs } from '../../../customer/src/runs.fixture.js';

const FORMER = FOLD_VERSION - 1;

/** The contract of rows that another fold version made, on every database. */
export function renewalContract(open: () => Promise<ReadModel>): void {
  let model: ReadModel;
  beforeEach(async () => {
    model = await open();
  });
  afterEach(() => model.close());

  /** Renames the projector's shards to those of the former version. */
  async function giveBackShards(): Promise<void> {
    for (const table of ['shards', 'layouts', 'members'] as const)
      await model.db
        .updateTable(table)
        .set({ work: projectorOf(FORMER) })
        .where('work', '=', PROJECTOR)
        .execute();
  }

  /** Marks the tables as made by the former version. */
  async function age(): Promise<void> {
    await model.db.updateTable('generations').set({ fold_version: FORMER, renewed_to: null }).execute();
    await giveBackShards();
  }

  /** Writes rows that this fold would never make. */
  const spoil = () =>
    model.db.updateTable('customers').set({ head: '{"of":"another fold"}', document: null }).execute();
  const opened = () => renew(model.db, model.storage);
  const project = (log: Log, to?: number) => new Projector(model, log, log).step(log.batch(0, to));

  /** Three customers, the second of them erased. */
  function threeCustomers(): Log {
    const log = new Log();
    for (const [n, id] of ['cust_a', 'cust_b', 'cust_c'].entries()) {
      log.decide(id, createCustomer, { source_id: `s${n}`, name: `N${n}` }, at(n));
      log.decide(id, updateCustomer, { email: `${id}@x.org` }, at(n + 10));
    }
    log.decide('cust_b', eraseCustomer, undefined, at(20));
    return log;
  }

  test('a new read model has nothing to rebuild', async () => {
    expect(model.renewal === undefined || model.renewal.from === 1).toBe(true);
    expect([await opened(), await opened()]).toEqual([undefined, undefined]);
  });

  test('rows of another fold are rebuilt from the history', async () => {
    await fc.assert(
      fc.asyncProperty(histories, fc.nat(), async (log, cut) => {
        const expected = await atOnce(model, log);
        await clear(model);
        await project(log, cut % (log.events.length + 1));
        await spoil();
        await age();
        expect(await opened()).toEqual({ from: FORMER, to: FOLD_VERSION });
        expect((await model.customers({ limit: 10 })).total).toBe(0);
        await project(log);
        expect(await rows(model)).toEqual(expected);
      }),
      { numRuns: runs(10, 30) },
    );
  });

  test('an instance of the former version is overtaken and finds no work', async () => {
    const log = threeCustomers();
    await project(log, 3);
    await age();
    const former = model.leases({ work: projectorOf(FORMER), instance: 'only', shards: 1 });
    const held = await former.tick();
    expect(held).toHaveLength(1);
    await opened();
    const step = model.db
      .transaction()
      .execute((tx) => former.advance(tx, held, { position: 99n, store_id: 'store-1' }));
    await expect(step).rejects.toBeInstanceOf(Fenced);
    expect(await former.tick()).toEqual([]);
    await expect(model.db.transaction().execute((tx) => former.lock(tx, 'cust_a'))).rejects.toThrow();
  });

  test('instances that start together renew once, and an interrupted renewal continues', async () => {
    const log = threeCustomers();
    const expected = await atOnce(model, log);
    await age();
    const all = await Promise.all(Array.from({ length: 4 }, opened));
    expect(all.filter((one) => one !== undefined)).toEqual([{ from: FORMER, to: FOLD_VERSION }]);
    await project(log, 2);
    // another start
    expect(await opened()).toBeUndefined();
    expect(await model.reached(PROJECTOR)).toMatchObject({ position: log.batch(0, 2).position });
    await new Projector(model, log, log).step(log.batch(2));
    expect(await rows(model)).toEqual(expected);
  });

  test('the checkpoints of other followers and the scheduled evaluations stay', async () => {
    const log = threeCustomers();
    await project(log);
    const others = model.leases({ work: 'publisher', instance: 'a', shards: 2 });
    const held = await others.tick();
    await model.db.transaction().execute((tx) => others.advance(tx, held, { position: 9n, store_id: 'store-1' }));
    await evaluateAgain(model.db, ['cust_a']);
    const kept = ['shards', 'segment_looks'] as const;
    const looked = () => Promise.all(kept.map((table) => model.db.selectFrom(table).selectAll().execute()));
    const before = (await looked()).map((list) => list.filter((row) => !('work' in row) || row.work === 'publisher'));
    await age();
    await opened();
    expect(await looked()).toEqual(before);
    const { erased } = await project(log);
    expect([erased, await model.customer('cust_b')]).toEqual([false, undefined]);
  });

  test('an erasure that the former version had not projected is carried out', async () => {
    const log = threeCustomers();
    await project(log);
    log.decide('cust_c', eraseCustomer, undefined, at(30));
    await age();
    await opened();
    expect(await project(log)).toMatchObject({ erased: true });
  });

  test('erasures carried out before stay so when an incomplete renewal starts again', async () => {
    const log = threeCustomers();
    await project(log);
    await age();
    await opened();
    await project(log, 2);
    await model.db.updateTable('generations').set({ fold_version: FORMER }).execute();
    await giveBackShards();
    await opened();
    expect(await model.renewedTo()).toBe(log.batch().position);
    expect(await project(log)).toMatchObject({ erased: false });
  });

  test('parked customers get another chance', async () => {
    const log = threeCustomers();
    log.unreadable.add('event-1');
    await project(log);
    expect(await model.parked()).toHaveLength(1);
    log.unreadable.clear();
    await age();
    await opened();
    await project(log);
    expect([await model.parked(), (await model.customers({ limit: 10 })).total]).toEqual([[], 2]);
  });

  test('other generations are dropped, a rebuild under way starts over, and later ones have this version', async () => {
    const log = threeCustomers();
    await project(log);
    const { id } = await model.rebuilds.request({});
    const rebuilder = new Rebuilder(model, log, log, { instance: 'a', pause_ms: 0 });
    await rebuilder.step();
    await rebuilder.step();
    await age();
    await opened();
    expect(await model.db.selectFrom('generations').select('name').execute()).toEqual([{ name: 'live' }]);
    expect(await model.rebuilds.find(id)).toMatchObject({ state: 'waiting', is_open: true });
    await project(log);
    while ((await model.rebuilds.find(id))?.is_open) await rebuilder.step();
    expect(await model.rebuilds.find(id)).toMatchObject({ state: 'done', report: { customers_differing: 0 } });
    const made = await model.db.selectFrom('generations').select(['name', 'fold_version']).orderBy('name').execute();
    expect(made).toEqual([
      { name: 'former', fold_version: FOLD_VERSION },
      { name: 'live', fold_version: FOLD_VERSION },
    ]);
    expect(await opened()).toBeUndefined();
  });

  test('tables of a newer version are left alone', async () => {
    const before = await rows(model);
    await expect(renew(model.db, model.storage, FORMER)).rejects.toBeInstanceOf(NewerTables);
    await sql`insert into kysely_migration (name, timestamp) values ('9999-of-tomorrow', '2999')`.execute(model.db);
    await expect(migrate(model.db, model.storage, migrations(model.storage.words))).rejects.toBeInstanceOf(NewerTables);
    expect(await rows(model)).toEqual(before);
  });
}
