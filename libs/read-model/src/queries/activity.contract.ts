import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ACTIVITY_TYPES } from '#activity';
import { createCustomer, nine, type Origin, record, shown, updateCustomer } from '#customer';
import { UnknownCursor } from '#database';
import { at, histories } from '../histories.double.js';
import { Log } from '../log.double.js';
import { Projector } from '../projecting/projector.js';
import type { ReadModel } from '../read-model.js';
import { projectAnew } from '../tables.double.js';
import { type ActivityFilter, type ActivityPage } from './activity.js';
import { runs } from '../../../customer/src/runs.fixture.js';

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 4 });
const time = fc.integer({ min: 0, max: 50 }).map(at);
const filter = fc.record<Required<Omit<ActivityFilter, 'starting_after' | 'starting_after_id'>>>({
  limit: maybe(fc.integer({ min: 1, max: 6 })),
  order: maybe(fc.constantFrom('created_at' as const, '-created_at' as const)),
  start_date: maybe(time),
  end_date: maybe(time),
  campaign_id: maybe(fc.constant('camp_1')),
  campaign_type: maybe(fc.constantFrom('LOYALTY_PROGRAM', 'GIFT_VOUCHERS', 'PROMOTION')),
  category: maybe(fc.constantFrom('ACTION' as const, 'EFFECT' as const)),
  type: maybe(fc.constantFrom(...Object.keys(ACTIVITY_TYPES))),
});

interface Known {
  readonly id: string;
  readonly created_at: string;
  readonly ordinal: number;
  readonly type: string;
  readonly category: string;
  readonly campaign_id: string | null;
  readonly campaign_type: string | null;
  readonly is_shown: number;
}

function naive(all: readonly Known[], f: ActivityFilter): string[] {
  const sign = f.order === 'created_at' ? 1 : -1;
  return all
    .filter(({ is_shown }) => is_shown === 1)
    .filter((one) =>
      (['campaign_id', 'campaign_type', 'category', 'type'] as const).every(
        (key) => f[key] === undefined || one[key] === f[key],
      ),
    )
    .filter(
      ({ created_at }) =>
        (f.start_date === undefined || created_at >= f.start_date) &&
        (f.end_date === undefined || created_at <= f.end_date),
    )
    .sort((a, b) => sign * (compare(a.created_at, b.created_at) || a.ordinal - b.ordinal || compare(a.id, b.id)))
    .map(({ id }) => id);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Reads all pages, and checks `has_more` of each. */
async function paged(model: ReadModel, customerId: string, one: ActivityFilter): Promise<string[]> {
  const ids: string[] = [];
  let page: ActivityPage | undefined;
  do {
    page = await model.activity(
      customerId,
      page?.more_starting_after === undefined ? one : { ...one, starting_after_id: page.more_starting_after },
    );
    expect('more_starting_after' in page).toBe(page.has_more);
    expect(page.data.length).toBeLessThanOrEqual(one.limit ?? 10);
    ids.push(...page.data.map(({ id }) => id));
  } while (page.has_more);
  return ids;
}

/** Checks the deprecated list: the same entries with their total, and a page from an instant on. */
async function expectActivities(model: ReadModel, id: string, one: ActivityFilter, all: readonly Known[]) {
  const matching = naive(all, one);
  const whole = await model.activities(id, { ...one, limit: 100 });
  expect([whole.total, whole.data.map((entry) => entry.id)]).toEqual([matching.length, matching.slice(0, 100)]);
  const starting_after = whole.data[0]?.created_at;
  if (starting_after === undefined) return;
  const rest = await model.activities(id, { ...one, limit: 100, starting_after: nine(starting_after) });
  const beyond = whole.data.filter(({ created_at }) => created_at !== starting_after);
  expect([rest.total, rest.data]).toEqual([matching.length, beyond]);
}

/** The contract of activity (sections 2.6 and 4.1). */
export function activityContract(open: () => Promise<ReadModel>): void {
  let model: ReadModel;
  beforeEach(async () => {
    model = await open();
  });
  afterEach(() => model.close());

  test('every filter gives the result of a naive evaluation, for pages of any size', () =>
    fc.assert(
      fc.asyncProperty(histories, fc.array(filter, { minLength: 1, maxLength: 6 }), async (log, filters) => {
        await projectAnew(model, log);
        for (const id of log.ids) {
          const all = await model.db.selectFrom('activities').selectAll().where('customer_id', '=', id).execute();
          for (const one of filters) {
            expect(await paged(model, id, one)).toEqual(naive(all, one));
            await expectActivities(model, id, one, all);
          }
        }
      }),
      { numRuns: runs(15, 40) },
    ));

  test('an entry has the envelope of the contract, with the current customer and its object as stated', async () => {
    const log = new Log();
    log.decide('cust_1', createCustomer, { source_id: 's1', name: 'Ada', metadata: { lang: 'en' } }, at(1));
    log.decide('cust_1', record.order, { id: 'o1', status: 'PAID', amount: 500, customer: { source_id: 's1' } }, at(2));
    log.decide('cust_1', updateCustomer, { name: 'Ada L.' }, at(3));
    await new Projector(model, log, log).step(log.batch());

    const { data } = await model.activity('cust_1', { order: 'created_at' });

    expect(data.map(({ type }) => type)).toEqual([
      'customer.created',
      'customer.order.created',
      'customer.order.paid',
      'customer.updated',
    ]);
    expect(data[0]?.data.data).toEqual({
      customer: {
        id: 'cust_1',
        source_id: 's1',
        name: 'Ada',
        metadata: { lang: 'en' },
        created_at: shown(at(1)),
        object: 'customer',
      },
    });
    expect(data[3]?.data.data).toEqual({ customer: { id: 'cust_1', name: 'Ada L.', object: 'customer' } });
    expect(data[2]).toEqual({
      id: expect.stringMatching(/^evcus_[0-9a-f]{18}$/),
      type: 'customer.order.paid',
      created_at: shown(at(2)),
      group_id: expect.stringMatching(/^v-[0-9a-f]{18}$/),
      data: {
        data: {
          customer: {
            id: 'cust_1',
            name: 'Ada L.',
            email: null,
            source_id: 's1',
            metadata: { lang: 'en' },
            object: 'customer',
          },
          order: { id: 'o1', status: 'PAID', amount: 500, object: 'order' },
        },
        event_source: { channel: 'API', api_key: { name: 'shop', app_id: 'shop' } },
      },
    });
    expect(data[1]?.group_id).toBe(data[2]?.group_id);
    expect(new Set(data.map(({ id }) => id)).size).toBe(4);
  });

  const customer = { source_id: 's1' };
  const fact = (id: string): Origin => ({ source: '/shop', id, digest: id });
  /** Projects one event at a time. */
  async function listed(log: Log, one: ActivityFilter = {}): Promise<unknown[]> {
    const projector = new Projector(model, log, log);
    for (let n = 0; n < log.events.length; n++) await projector.step(log.batch(n, n + 1));
    const { data } = await model.activity('cust_1', { order: 'created_at', limit: 50, ...one });
    return data.map(({ type, created_at }) => [type, created_at]);
  }

  test('an order reported as paid and later as created is created first, each entry with its own fields', async () => {
    const log = new Log();
    const [paid, created] = [{ told_as: 'paid', status: 'PAID' } as const, { told_as: 'created', amount: 5 } as const];
    log.decide('cust_1', record.order, { id: 'o1', ...paid, customer }, at(2), fact('f1'));
    log.decide('cust_1', record.order, { id: 'o1', ...created, customer }, at(1), fact('f2'));
    expect(await listed(log)).toEqual([
      ['customer.created', shown(at(1))],
      ['customer.order.created', shown(at(1))],
      ['customer.order.paid', shown(at(2))],
    ]);
    const { data } = await model.activity('cust_1', { type: 'customer.order.created' });
    expect(data[0]?.data.data).toMatchObject({ order: { id: 'o1', amount: 5, object: 'order' } });
  });

  test('a late tier lies between its neighbours', async () => {
    const log = new Log();
    const tier = (id: string, ms: number) =>
      log.decide('cust_1', record.tier, { campaign: { id: 'c' }, loyalty_tier: { id }, customer }, at(ms), fact(id));
    tier('silver', 1);
    tier('gold', 3);
    tier('bronze', 2);
    const type = (ms: number, name: string): unknown[] => [`customer.loyalty.tier.${name}`, shown(at(ms))];
    expect((await listed(log)).slice(1)).toEqual([
      type(1, 'joined'),
      ...[type(2, 'left'), type(2, 'joined')],
      ...[type(3, 'left'), type(3, 'joined')],
    ]);
    const left = await model.activity('cust_1', { type: 'customer.loyalty.tier.left' });
    expect(left.data.map(({ data }) => data.data)).toMatchObject([
      { loyalty_tier: { id: 'bronze' } },
      { loyalty_tier: { id: 'silver' } },
    ]);
  });

  test('a consent that is given again has no entry, until it was revoked in between', async () => {
    const log = new Log();
    const say = (given: boolean, ms: number) =>
      log.decide('cust_1', record.consents, { given, consents: [{ id: 'news' }], customer }, at(ms), fact(String(ms)));
    say(true, 1);
    say(true, 3);
    expect((await listed(log)).slice(1)).toEqual([['customer.consents.given', shown(at(1))]]);
    say(false, 2);
    expect((await listed(log)).slice(1)).toEqual([
      ['customer.consents.given', shown(at(1))],
      ['customer.consents.revoked', shown(at(2))],
      ['customer.consents.given', shown(at(3))],
    ]);
  });

  test('a rollback that arrived before its redemption is found by the campaign of the redemption', async () => {
    const log = new Log();
    const voucher = { id: 'v1', type: 'LOYALTY_CARD', campaign_id: 'camp_1' };
    log.decide(
      'cust_1',
      record.rollback,
      { id: 'rr', redemption: 'r', result: 'SUCCESS', customer },
      at(2),
      fact('f1'),
    );
    log.decide('cust_1', record.redemption, { id: 'r', result: 'SUCCESS', voucher, customer }, at(1), fact('f2'));
    expect(await listed(log, { campaign_id: 'camp_1' })).toEqual([
      ['customer.redemption.succeeded', shown(at(1))],
      ['customer.redemption.rollback.succeeded', shown(at(2))],
    ]);
  });

  test('an unknown cursor is refused, and an unknown customer has no activity', async () => {
    await expect(model.activity('cust_1', { starting_after_id: 'evcus_000000000000000000' })).rejects.toThrow(
      UnknownCursor,
    );
    expect(await model.activity('cust_1', {})).toEqual({ object: 'list', data_ref: 'data', data: [], has_more: false });
  });
}
