import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ADA, ahead, Examples, named, told } from '../support/arrival/examples.js';
import { Service } from '../support/service.js';

/* The rules of names, credits and entries (R16 to R20), each with the inputs that break a simpler one. */

let examples: Examples;

beforeAll(async () => void (examples = new Examples(await Service.start())));
afterAll(() => examples.service.discard());

describe('R16 ids and source ids are names of one customer', () => {
  test('facts by source id, then customer.created with an id of its own: one customer', async () => {
    const link = told('customer.created', 6, { id: '~my-1', source_id: '~ada', name: 'N' });
    const paid = told('order.paid', 5, { id: '~o', amount: 7, ...ADA });
    await examples.inEveryOrder([paid, link], async (own) => {
      const [byId, bySource] = [await examples.document(own('~my-1')), await examples.document(own('~ada'))];
      expect(byId).toEqual(bySource);
      expect(byId).toMatchObject({ name: 'N', summary: { orders: { total_amount: 7 } } });
      return byId.source_id as unknown;
    });
  });

  test('of two source ids the one with the earliest time is shown, at one time the least', async () => {
    const link = (source_id: string, time: number) => told('customer.created', time, { id: '~my-2', source_id });
    for (const links of [
      [link('~s', 5), link('~t', 3)],
      [link('~t', 5), link('~u', 5)],
    ])
      expect((await examples.inEveryOrder(links, examples.documentOf('~my-2'))).source_id).toBe('~t');
  });

  test('two names that both have facts of their own are not told to be one', async () => {
    const prefix = examples.fresh();
    await examples.tell(prefix, told('customer.created', 5, { id: '~my-3' }), named('a', 5));
    expect(await examples.take(prefix, told('customer.created', 6, { id: '~my-3', source_id: '~ada' }))).toEqual([
      'duplicate_found',
    ]);
  });
});

describe('R17 a credit waits under the name it was told with', () => {
  test('referrer my-1, then customer.created {id: my-1, source_id}: the customer has it', async () => {
    const referral = told('customer.referred', 5, {
      customer: { source_id: '~z' },
      referrer: { id: '~my-1' },
      campaign: { id: 'c' },
      custom_event: { id: '~e' },
    });
    const link = told('customer.created', 6, { id: '~my-1', source_id: '~ada' });
    const spoken = named('a', 4);
    await examples.inEveryOrder([referral, link, spoken], async (own) => {
      await examples.referred(own('~my-1'), 1);
      await examples.referred(own('~ada'), 1);
      const { id } = await examples.document(own('~ada'));
      await examples.refers(own('~z'), id);
      return 1;
    });
  });

  test('a referral that turns out to be a self-referral gives no credit', async () => {
    const referral = told('customer.referred', 5, {
      ...ADA,
      referrer: { id: '~my-1' },
      campaign: { id: 'c' },
      custom_event: { id: '~e' },
    });
    const other = told('customer.referred', 5, {
      customer: { source_id: '~z' },
      referrer: { source_id: '~ada' },
      campaign: { id: 'c' },
      custom_event: { id: '~e' },
    });
    const link = told('customer.created', 6, { id: '~my-1', source_id: '~ada' });
    await examples.inEveryOrder([referral, link, other], async (own) => {
      await examples.referred(own('~my-1'), 1);
      return 1;
    });
  });
});

describe('R18 a name remembers when it was released', () => {
  test('a fact of before the deletion is refused, also under a new owner; a later one is about the new owner', async () => {
    const prefix = examples.fresh();
    await examples.tell(prefix, named('old', 5));
    await examples.call('DELETE', `/customers/${prefix}ada`);
    expect(await examples.take(prefix, named('older', 4))).toEqual(['customer_deleted']);
    expect((await examples.call('GET', `/customers/${prefix}ada`)).status).toBe(404);
    await examples.call('POST', '/customers', { source_id: `${prefix}ada`, email: 'new' });
    expect(await examples.take(prefix, named('older', 4))).toEqual(['customer_deleted']);
    expect(await examples.take(prefix, named('new', ahead(20)))).toEqual(['accepted']);
    expect(await examples.document(`${prefix}ada`)).toMatchObject({ name: 'new', email: 'new' });
  });
});

describe('R19 credits follow from all referrals that a referee now has', () => {
  const referral = (referee: string, event: string, referrer: string, time: number, by?: string) =>
    told(
      'customer.referred',
      time,
      {
        customer: { source_id: referee },
        referrer: { source_id: referrer },
        campaign: { id: 'c' },
        custom_event: { id: event },
      },
      by,
    );
  const counts = (expected: Readonly<Record<string, number>>) => async (own: (name: string) => string) => {
    for (const [name, count] of Object.entries(expected)) await examples.referred(own(name), count);
    return expected;
  };

  test('f→b @1, f→a @2 by A1, e→b @2 by A3, of one referee: a and b have 1', async () => {
    const facts = [
      referral('~ada', '~f', '~b', 1),
      referral('~ada', '~f', '~a', 2, 'A1'),
      referral('~ada', '~e', '~b', 2, 'A3'),
    ];
    await examples.inEveryOrder(facts, counts({ '~a': 1, '~b': 1 }));
  });

  test('the same of two referees by one object: a and b have 1', async () => {
    const facts = [
      referral('~f', '~o', '~b', 1),
      referral('~f', '~o', '~a', 2, 'A1'),
      referral('~e', '~o', '~b', 2, 'A3'),
    ];
    await examples.inEveryOrder(facts, counts({ '~a': 1, '~b': 1 }));
  });

  test("f→a, e→a by one object, then f→b: a keeps e's", async () => {
    const facts = [referral('~f', '~o', '~a', 1), referral('~e', '~o', '~a', 1), referral('~f', '~o', '~b', 2)];
    await examples.inEveryOrder(facts, counts({ '~a': 1, '~b': 1 }));
  });

  test('a rollback corrected to another redemption leaves the first as it was', async () => {
    const redemption = (id: string) =>
      told('redemption.succeeded', 1, { id, voucher: { id: '~v', type: 'GIFT_VOUCHER' }, gift: { amount: 5 }, ...ADA });
    const rollback = (id: string, time: number) =>
      told('redemption.rollback.succeeded', time, { id: '~b', redemption: id, ...ADA });
    const facts = [redemption('~r1'), redemption('~r2'), rollback('~r1', 2), rollback('~r2', 3)];
    const { summary } = await examples.inEveryOrder(facts, examples.documentOf());
    expect(summary.redemptions).toMatchObject({ total_rolled_back: 1, gift: { redeemed_amount: 5 } });
  });

  test('points_spent corrected to another redemption are spent once', async () => {
    const spent = (redemption: string, time: number) =>
      told('voucher.loyalty_card.points_spent', time, {
        campaign: { id: 'c' },
        voucher: { id: '~v' },
        balance: { points: 5 },
        transaction: { id: '~t' },
        redemption: { id: redemption },
        ...ADA,
      });
    const redemption = (id: string) => told('redemption.succeeded', 1, { id, ...ADA });
    const { summary } = await examples.inEveryOrder(
      [redemption('~r1'), redemption('~r2'), spent('~r1', 2), spent('~r2', 3)],
      examples.documentOf(),
    );
    expect(summary.redemptions.loyalty_card).toMatchObject({ redeemed_points: 5 });
  });
});

describe('R20 every fact has an entry of its own', () => {
  const entries = async (name: string) =>
    (await examples.activity(name)).map(
      ({ type, created_at }) => `${type.slice('customer.'.length)} ${created_at.slice(17, 19)}`,
    );

  test('order.paid @2, order.created @1, order.updated @3: three entries with what each said', async () => {
    const order = (status: string, time: number, more: object = {}) =>
      told(`order.${status}`, time, { id: '~o', ...more, ...ADA });
    const facts = [order('paid', 2), order('created', 1), order('updated', 3, { amount: 9 })];
    const seen = await examples.inEveryOrder(facts, async (own) => (await entries(own('~ada'))).sort());
    expect(seen).toEqual(['created 01', 'order.created 01', 'order.paid 02', 'order.updated 03']);
  });

  test('an order of which no fact tells the placing has one order.created, dated by the earliest statement', async () => {
    const order = (status: string, time: number) => told(`order.${status}`, time, { id: '~o', ...ADA });
    const seen = await examples.inEveryOrder([order('fulfilled', 3), order('paid', 2)], async (own) =>
      (await entries(own('~ada'))).sort(),
    );
    expect(seen).toEqual(['created 02', 'order.created 02', 'order.fulfilled 03', 'order.paid 02']);
  });

  test('a second customer.created shows as customer.updated', async () => {
    const facts = [
      told('customer.created', 3, { source_id: '~ada', name: 'b' }),
      told('customer.created', 5, { source_id: '~ada', name: 'a' }),
    ];
    expect(await examples.inEveryOrder(facts, (own) => entries(own('~ada')))).toEqual(['updated 05', 'created 03']);
  });

  test('tier silver @1, gold @3, told late platinum @2: each left and the next joined', async () => {
    const tier = (id: string, time: number) =>
      told('customer.loyalty.tier.changed', time, { campaign: { id: 'c' }, loyalty_tier: { id }, ...ADA });
    const see = async (own: (name: string) => string) =>
      (await examples.activity(own('~ada')))
        .filter(({ type }) => type.startsWith('customer.loyalty.tier.'))
        .map(({ type, data }) => `${type.split('.').at(-1)} ${data.data.loyalty_tier.id}`)
        .sort();
    expect(await examples.inEveryOrder([tier('silver', 1), tier('gold', 3), tier('platinum', 2)], see)).toEqual([
      'joined gold',
      'joined platinum',
      'joined silver',
      'left platinum',
      'left silver',
    ]);
  });

  test('a late fact corrects the list: updated_at and the newest entry are those of the latest time', async () => {
    const facts = [named('a', 3), named('b', 9), named('c', 6)];
    expect(await examples.inEveryOrder(facts, examples.documentOf())).toMatchObject({
      name: 'b',
      created_at: '2024-05-01T10:00:03.000Z',
      updated_at: '2024-05-01T10:00:09.000Z',
    });
  });
});
