import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createCustomer, deleteCustomer, eraseCustomer, record } from '#customer';
import { at, histories } from '../histories.double.js';
import { Log } from '../log.double.js';
import { Projector } from '../projecting/projector.js';
import type { ReadModel } from '../read-model.js';
import { projectAnew } from '../tables.double.js';
import { ORDERS_MAX } from './customer-overview.js';

/** The contract of the overview that a customer sees. */
export function customerOverviewContract(open: () => Promise<ReadModel>): void {
  let model: ReadModel;
  beforeEach(async () => {
    model = await open();
  });
  afterEach(() => model.close());

  test('the latest orders come first, up to the limit', async () => {
    const customer = { source_id: 's1' };
    const drawn = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: ORDERS_MAX + 1, maxLength: ORDERS_MAX + 15 });
    await fc.assert(
      fc.asyncProperty(drawn, async (times) => {
        const log = new Log();
        const id = `cust_${times.join('')}`;
        log.decide(id, createCustomer, customer, at(0));
        const orders = times.map((time, index) => ({ id: `o${index}`, created_at: at(time), customer, amount: index }));
        for (const order of orders) log.decide(id, record.order, order, at(20));
        for (const table of ['customers', 'orders', 'shards', 'layouts'] as const)
          await model.db.deleteFrom(table).execute();
        await new Projector(model, log, log).step(log.batch());

        const latest = orders.toSorted((a, b) => compare(b.created_at, a.created_at) || compare(b.id, a.id));
        const { orders: shown } = (await model.customerOverview(id))!;

        expect(shown.map((one) => one.id)).toEqual(latest.slice(0, ORDERS_MAX).map((one) => one.id));
        expect(shown.map((one) => one.amount)).toEqual(latest.slice(0, ORDERS_MAX).map((one) => one.amount));
      }),
      { numRuns: 10 },
    );
  });

  test('the overview has the document that other queries return, after any history', () =>
    fc.assert(
      fc.asyncProperty(histories, async (log) => {
        await projectAnew(model, log);
        for (const id of log.ids) {
          const [overview, row] = [await model.customerOverview(id), await model.customer(id)];
          expect(overview?.document).toEqual(row?.id === id ? row.document : undefined);
        }
      }),
      { numRuns: 20 },
    ));

  test.each([
    ['deleted', deleteCustomer],
    ['erased', eraseCustomer],
  ])('a customer who is %s has none, also when their id is now the source id of another', async (_, leave) => {
    const log = new Log();
    log.decide('cust_1', createCustomer, { name: 'Ada' }, at(1));
    log.decide('cust_1', leave, undefined, at(2));
    log.decide('cust_2', createCustomer, { source_id: 'cust_1' }, at(3));
    await new Projector(model, log, log).step(log.batch());

    expect(await model.customerOverview('cust_1')).toBeUndefined();
    expect((await model.customerOverview('cust_2'))?.id).toBe('cust_2');
  });
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
