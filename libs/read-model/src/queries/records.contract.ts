import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { deleteCustomer, nine, orderDocument, record, redemptionDocument } from '#customer';
import { at, histories } from '../histories.double.js';
import { Log } from '../log.double.js';
import type { ReadModel } from '../read-model.js';
import { projectAnew } from '../tables.double.js';
import type { OrderFilter } from './order.js';
import type { RedemptionFilter } from './redemption.js';
import { runs } from '../../../customer/src/runs.fixture.js';

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const time = fc.integer({ min: 0, max: 50 }).map(at);
const order = maybe(fc.constantFrom('created_at' as const, '-created_at' as const));
const customer_id = maybe(fc.constantFrom('cust_a', 'cust_b'));
const orderFilter = fc.record<Required<Omit<OrderFilter, 'limit' | 'page'>>>({
  order,
  customer_id,
  starting_after: maybe(time),
});
const redemptionFilter = fc.record<Required<Omit<RedemptionFilter, 'limit' | 'page'>>>({
  order,
  customer_id,
  result: maybe(fc.constantFrom('SUCCESS' as const, 'FAILURE' as const)),
  campaign: maybe(fc.constantFrom('One', 'Two')),
  voucher: maybe(fc.constantFrom('card_1', 'C-card_2')),
  created_at: maybe(fc.record({ before: maybe(time), after: maybe(time) })),
});

interface Dated {
  readonly id: string;
  readonly customer_id: string;
  readonly date: string;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Sorts in the order of the list. */
function sorted<One extends Dated>(all: readonly One[], direction: OrderFilter['order']): One[] {
  const sign = direction === 'created_at' ? 1 : -1;
  return [...all].sort(
    (a, b) => sign * (compare(a.date, b.date) || compare(a.id, b.id) || compare(a.customer_id, b.customer_id)),
  );
}

const names = (all: readonly { readonly id: string; readonly [field: string]: unknown }[]) =>
  all.map(({ id, customer_id }) => `${String(customer_id)}/${id}`);

/** All orders in a log, rendered from the whole state. */
function ordersOf(log: Log) {
  return log.ids.flatMap((id) => {
    const { entities, status } = log.state(id);
    if (status === 'deleted' || status === 'erased') return [];
    return [...entities.ofKind('order')].map(([name, one]) => {
      const document = orderDocument(id, name, one, entities.ofKind('redemption'));
      return { id: name, customer_id: id, date: nine(document.created_at), document };
    });
  });
}

function redemptionsOf(log: Log) {
  return log.ids.flatMap((id) => {
    const { entities, status } = log.state(id);
    if (status === 'deleted' || status === 'erased') return [];
    return [...entities.ofKind('redemption')].flatMap(([name, one]) => {
      const document = redemptionDocument({ id }, name, one, undefined);
      const voucher = document?.['voucher'] as { id: string; code: string; campaign: string } | null;
      return document ? [{ id: name, customer_id: id, date: nine(document.date), document, voucher }] : [];
    });
  });
}

const isWithin = (date: string, { before, after }: NonNullable<RedemptionFilter['created_at']> = {}): boolean =>
  (before === undefined || date < before) && (after === undefined || date > after);

/** The contract of finding and listing orders and redemptions without their customer. */
export function recordsContract(open: () => Promise<ReadModel>): void {
  let model: ReadModel;
  beforeEach(async () => {
    model = await open();
  });
  afterEach(() => model.close());

  test('lists of orders give the result of a naive evaluation, page by page and along a cursor', () =>
    fc.assert(
      fc.asyncProperty(histories, orderFilter, fc.integer({ min: 1, max: 4 }), async (log, filter, limit) => {
        await projectAnew(model, log);
        const mine = ordersOf(log).filter(
          (one) => filter.customer_id === undefined || one.customer_id === filter.customer_id,
        );
        const all = sorted(mine, filter.order);
        const isUp = filter.order === 'created_at';
        const { starting_after: from } = filter;
        const expected = all.filter(({ date }) => from === undefined || (isUp ? date > from : date < from));
        const whole = await model.orders({ ...filter, limit: 100 });
        expect(whole).toEqual({ orders: expected.map((one) => one.document), total: mine.length, has_more: false });
        const seen: string[] = [];
        for (let after = from ?? (isUp ? at(-1) : at(1_000)), more = true; more;) {
          const page = await model.orders({ ...filter, limit, starting_after: after });
          seen.push(...names(page.orders));
          more = page.has_more;
          after = nine(page.orders.at(-1)?.created_at ?? after);
        }
        expect(seen).toEqual(names(expected));
      }),
      { numRuns: runs(15, 40) },
    ));

  test('lists of redemptions give the result of a naive evaluation', () =>
    fc.assert(
      fc.asyncProperty(histories, redemptionFilter, fc.integer({ min: 1, max: 4 }), async (log, filter, limit) => {
        await projectAnew(model, log);
        const { customer_id: whose, result, campaign, voucher: card, created_at } = filter;
        const expected = redemptionsOf(log).filter(
          ({ customer_id: id, date, document, voucher }) =>
            (whose === undefined || id === whose) &&
            (result === undefined || document['result'] === result) &&
            (campaign === undefined || voucher?.campaign === campaign) &&
            (card === undefined || voucher?.id === card || voucher?.code === card) &&
            isWithin(date, created_at),
        );
        const seen: string[] = [];
        for (let page = 1, more = true; more; page++) {
          const one = await model.redemptions({ ...filter, limit, page });
          expect(one.total).toBe(expected.length);
          seen.push(...names(one.redemptions));
          more = one.has_more;
        }
        expect(seen).toEqual(names(sorted(expected, filter.order)));
      }),
      { numRuns: runs(15, 40) },
    ));

  test('an order is found by its id and its source id, with the redemptions that name it; not when its customer is gone', async () => {
    const log = new Log();
    const customer = { source_id: 'ada' };
    log.decide('cust_a', record.order, { id: 'o1', source_id: 's1', amount: 5, customer }, at(1));
    await projectAnew(model, log);
    const document = await model.order('o1');
    expect(document).toMatchObject({ id: 'o1', source_id: 's1', customer_id: 'cust_a' });
    expect(await model.order('s1')).toEqual(document);
    expect(await model.orderKey('s1')).toMatchObject({ customer_id: 'cust_a', order_id: 'o1' });
    log.decide('cust_a', deleteCustomer, undefined, at(2));
    await projectAnew(model, log);
    expect([await model.order('o1'), await model.orderKey('s1')]).toEqual([undefined, undefined]);
  });
}
