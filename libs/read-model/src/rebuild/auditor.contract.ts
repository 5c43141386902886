import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createCustomer, eraseCustomer, type Head, record, updateCustomer } from '#customer';
import { at, histories } from '../histories.double.js';
import { Log } from '../log.double.js';
import { Projector } from '../projecting/projector.js';
import { clear, rows } from '../tables.double.js';
import type { ReadModel } from '../read-model.js';
import { Auditor, type Mismatch } from './auditor.js';
import { runs } from '../../../customer/src/runs.fixture.js';

/** The contract of the auditor on every database. */
export function auditorContract(open: () => Promise<ReadModel>): void {
  let model: ReadModel;
  beforeEach(async () => {
    model = await open();
  });
  afterEach(() => model.close());

  const project = (log: Log, to = log.events.length) => new Projector(model, log, log).step(log.batch(0, to));

  /** A walk through all customers, plus one sample. */
  async function walk(auditor: Auditor, customers: number): Promise<Mismatch[]> {
    const mismatches: Mismatch[] = [];
    for (let seen = -1; seen < customers;) {
      const sample = await auditor.sample();
      mismatches.push(...sample.mismatches);
      seen += Math.max(1, sample.customers);
    }
    return mismatches;
  }

  test('rows that a projector wrote are never a mismatch, at any position', () =>
    fc.assert(
      fc.asyncProperty(histories, fc.nat(60), async (log, to) => {
        await clear(model);
        await project(log, Math.min(to, log.events.length));
        const before = await rows(model);
        expect(await walk(new Auditor(model, log, log), log.ids.length)).toEqual([]);
        expect(await rows(model)).toEqual(before);
      }),
      { numRuns: runs(8, 25) },
    ));

  test('one walk finds every wrong row, reports it without values, and rewrites it', async () => {
    const log = shop(60);
    await project(log);
    const right = await rows(model);
    await model.db.updateTable('orders').set({ amount: 1 }).where('customer_id', '=', 'cust_07').execute();
    await model.db.updateTable('customers').set({ name_key: 'mallory' }).where('id', '=', 'cust_55').execute();
    const auditor = new Auditor(model, log, log, 'cust_30');
    expect(await walk(auditor, 60)).toEqual([
      { customer: 'cust_55', revision: 1, paths: ['name_key'], isMended: true },
      { customer: 'cust_07', revision: 1, paths: ['orders/o/amount'], isMended: true },
    ]);
    expect(await rows(model)).toEqual(right);
    expect(await walk(auditor, 60)).toEqual([]);
    expect(auditor.beyondMending).toEqual([]);
  });

  test('a head stored without a later slice counts as one with an empty slice', async () => {
    const log = shop(3);
    await project(log);
    const forget = async (customer: string, slice: 'publications' | 'orders'): Promise<void> => {
      const of = model.db.selectFrom('customers').select('head').where('id', '=', customer);
      const { [slice]: _, ...head } = JSON.parse((await of.executeTakeFirstOrThrow()).head) as Head;
      const update = model.db.updateTable('customers').set({ head: JSON.stringify(head) });
      await update.where('id', '=', customer).execute();
    };
    await forget('cust_00', 'publications');
    await forget('cust_01', 'orders');
    const mismatches = await walk(new Auditor(model, log, log), 3);
    expect(mismatches.map(({ customer }) => customer)).toEqual(['cust_01']);
  });

  test('rows whose events are cut off or unreadable are reported and stay, as they may be the only copy', async () => {
    const log = shop(3);
    await project(log);
    const right = await rows(model);
    const [first, last] = log.events.filter(({ stream }) => stream === 'customer-cust_01');
    log.unreadable.add(first?.id ?? '');
    const auditor = new Auditor(model, log, log);
    expect((await auditor.sample()).mismatches).toMatchObject([{ customer: 'cust_01', isMended: false }]);
    expect(auditor.beyondMending).toMatchObject([{ customer: 'cust_01' }]);
    expect(await rows(model)).toEqual(right);
    log.unreadable.clear();
    expect(await walk(auditor, 3)).toEqual([]);
    expect(auditor.beyondMending).toEqual([]);
    log.events.splice(
      log.events.findIndex(({ id }) => id === last?.id),
      1,
    );
    expect((await auditor.sample()).mismatches).toMatchObject([{ customer: 'cust_01', isMended: false }]);
    expect(await rows(model)).toEqual(right);
  });

  test('a customer that is wrong again at once stays reported until the rows are right', async () => {
    const log = shop(3);
    await project(log);
    // a decoder with a new amount each time never matches the rows
    let decodes = 0;
    const fickle = {
      decode: async (events: Parameters<Log['decode']>[0]) => {
        const amount = 1_000 + decodes++;
        return (await log.decode(events)).map((one) =>
          one.event.type === 'OrderPlaced' && one.recorded.stream === 'customer-cust_01'
            ? { ...one, event: { ...one.event, data: { ...one.event.data, amount } } }
            : one,
        );
      },
    };
    const auditor = new Auditor(model, log, fickle);
    expect((await auditor.sample()).mismatches).toMatchObject([{ customer: 'cust_01', isMended: false }]);
    expect(auditor.beyondMending).toMatchObject([{ customer: 'cust_01', revision: 1 }]);
    fickle.decode = (events) => log.decode(events);
    await auditor.sample();
    await auditor.sample();
    expect(auditor.beyondMending).toEqual([]);
  });

  test('a customer with unprojected events is no mismatch, also when an erasure made earlier events unreadable', async () => {
    const log = shop(2);
    await project(log);
    log.decide('cust_00', eraseCustomer, undefined, at(900));
    log.decide('cust_01', updateCustomer, { name: 'Later' }, at(901));
    const forgetful = {
      decode: async (events: Parameters<Log['decode']>[0]) =>
        (await log.decode(events)).map((one) =>
          one.recorded.stream === 'customer-cust_00' && one.event.type === 'CustomerCreated'
            ? { ...one, event: { ...one.event, data: { ...one.event.data, name: null } } }
            : one,
        ),
    };
    expect((await new Auditor(model, log, forgetful).sample()).mismatches).toEqual([]);
  });
}

function shop(customers: number): Log {
  const log = new Log();
  for (let i = 0; i < customers; i++) {
    const id = `cust_${String(i).padStart(2, '0')}`;
    log.decide(id, createCustomer, { source_id: `s${i}`, name: `Name ${i}` }, at(i));
    log.decide(id, record.order, { id: 'o', status: 'PAID', amount: 100 + i, customer: {} }, at(i + 50));
  }
  return log;
}
