import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ended } from '../support/async-action.js';
import { ahead, consent, Examples, told } from '../support/arrival/examples.js';
import { COCKPIT_ENV, linkOf } from '../support/cockpit.js';
import { type Answer, KEYS, Service } from '../support/service.js';

/* Inputs that were answered wrongly once, each with what is right. */

const ORIGIN = 'https://shop.example';
const CLIENT = { 'x-client-application-id': 'shop-client', 'x-client-token': 'secret', origin: ORIGIN };
const AHEAD_S = 200;

let examples: Examples;

beforeAll(async () => {
  const env = {
    ...COCKPIT_ENV,
    CLIENT_KEYS: 'shop-client:secret',
    CLIENT_ORIGINS: ORIGIN,
    CLIENT_CUSTOMERS: 'on',
    READ_CONSISTENCY: 'store',
  };
  examples = new Examples(await Service.start({ env }));
  await examples.call('POST', '/consents', { id: 'news', name: 'News' });
});
afterAll(() => examples.service.discard());

type Own = (name: string) => string;

const ADA = { customer: { source_id: '~ada' } };
const profile = (time: number | string, data: object, by?: string) =>
  told('customer.updated', time, { source_id: '~ada', ...data }, by);
const paid = (time: number | string, data: object) => told('order.paid', time, { id: '~o', ...ADA, ...data });
const document = async (own: Own): Promise<Answer['body']> => examples.document(own('~ada'));
const entries = async (name: string): Promise<string[]> =>
  (await examples.activity(name)).map(({ type }) => type.slice('customer.'.length));
const referral = (referee: object, referrer: object, time = 5, more: object = {}) =>
  told('customer.referred', time, {
    customer: referee,
    referrer,
    campaign: { id: 'R' },
    custom_event: { id: '~e' },
    ...more,
  });
const card = { campaign: { id: 'c', name: 'Gold' }, voucher: { id: '~card' }, ...ADA };
const points = (movement: string, time: number, count: number, transaction: string, more: object = {}) =>
  told(`voucher.loyalty_card.points_${movement}`, time, {
    ...card,
    balance: { points: count },
    transaction: { id: transaction },
    ...more,
  });
const gift = (amount: number) =>
  told('voucher.gift.balance_added', 1, {
    voucher: { id: '~gift' },
    balance: { amount },
    transaction: { id: '~t' },
    ...ADA,
  });
const redeemed = (data: object) => told('redemption.succeeded', 2, { id: '~r', ...ADA, ...data });
const rolledBack = (data: object) =>
  told('redemption.rollback.succeeded', 3, { id: '~b', redemption: '~r', ...ADA, ...data });

describe('commands that are acknowledged hold', () => {
  /** A customer of whom facts tell that are dated ahead of the clock. */
  const running = async (): Promise<{ ada: string; order: string }> => {
    const prefix = examples.fresh();
    const time = ahead(AHEAD_S);
    await examples.tell(
      prefix,
      profile(time, { name: 'Old', metadata: { k: 'old' } }),
      { ...consent('A news:true @5'), time },
      paid(time, { amount: 5_000 }),
    );
    return { ada: `${prefix}ada`, order: `${prefix}o` };
  };

  test('T1 a name told 200 s ahead, then PUT: New is read', async () => {
    const { ada } = await running();
    expect((await examples.call('PUT', `/customers/${ada}`, { name: 'New' })).body).toMatchObject({ name: 'New' });
    expect(await examples.document(ada)).toMatchObject({ name: 'New' });
  });

  test('T1 a consent given 200 s ahead, then withdrawn: not given', async () => {
    const { ada } = await running();
    expect((await examples.call('PUT', `/customers/${ada}/consents`, { news: false })).status).toBe(204);
    expect(await examples.given(ada)).toEqual({ news: false });
  });

  test('T1 an order paid 200 s ahead, then canceled: CANCELED, and not counted', async () => {
    const { ada, order } = await running();
    expect((await examples.call('PUT', `/orders/${order}`, { status: 'CANCELED' })).body).toMatchObject({
      status: 'CANCELED',
    });
    expect(await examples.document(ada)).toMatchObject({ summary: { orders: { total_count: 0 } } });
  });

  test('T4 POST of the customer holds', async () => {
    const { ada } = await running();
    expect((await examples.call('POST', '/customers', { source_id: ada, name: 'New' })).body).toMatchObject({
      name: 'New',
    });
  });

  test.each([
    ['bulk update', '/customers/bulk/async', (ada: string) => [{ source_id: ada, metadata: { k: 'new' } }]],
    ['bulk metadata', '/customers/metadata/async', (ada: string) => ({ source_ids: [ada], metadata: { k: 'new' } })],
  ])('T4 %s holds', async (_, path, body) => {
    const { ada } = await running();
    const { body: action } = await examples.call('POST', path, body(ada));
    await ended(examples.service, action.async_action_id as string);
    expect(await examples.document(ada)).toMatchObject({ metadata: { k: 'new' } });
  });

  test('T4 a CSV import holds', async () => {
    const { ada } = await running();
    const form = new FormData();
    form.append('file', new Blob([`Source_id,Name\n${ada},New\n`], { type: 'text/csv' }), 'customers.csv');
    const headers = { 'x-app-id': KEYS.admin.app_id, 'x-app-token': KEYS.admin.token };
    const answer = await fetch(`${examples.service.url}/v1/customers/importCSV`, {
      method: 'POST',
      headers,
      body: form,
    });
    await ended(examples.service, ((await answer.json()) as { async_action_id: string }).async_action_id);
    expect(await examples.document(ada)).toMatchObject({ name: 'New' });
  });

  test('T4 a withdrawal in the cockpit holds', async () => {
    const { ada } = await running();
    const link = await linkOf(examples.service, ada);
    const { text } = await examples.service.call('GET', `/cockpit${link}`, { key: null });
    const form = text.split('<form').find((part) => part.includes('value="news"')) ?? '';
    const fields = [...form.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(
      ([, name = '', value = '']): [string, string] => [name, value],
    );
    await fetch(`${examples.service.url}/cockpit${link}`, {
      method: 'POST',
      body: new URLSearchParams(fields),
      headers: { 'sec-fetch-site': 'same-origin' },
      redirect: 'manual',
    });
    expect(await examples.given(ada)).toEqual({ news: false });
  });

  test('T4 a withdrawal from the client side holds', async () => {
    const { ada } = await running();
    await examples.service.call('PUT', `/client/v1/customers/${ada}/consents`, {
      key: null,
      headers: CLIENT,
      body: { news: false },
    });
    expect(await examples.given(ada)).toEqual({ news: false });
  });

  test.each(['2099-01-01T00:00:00Z', '9999-12-31T23:59:59Z', ahead(36_000)])(
    'T5 a fact dated %s is refused with its own key',
    async (time) => {
      const prefix = examples.fresh();
      expect(await examples.take(prefix, profile(time, { name: 'x' }))).toEqual(['fact_ahead']);
      expect(await examples.take(prefix, paid(5, { updated_at: time }))).toEqual(['fact_ahead']);
    },
  );

  test('T27 PUT of the same values three times: one event, and updated_at does not move again', async () => {
    const ada = `${examples.fresh()}ada`;
    await examples.call('POST', '/customers', { source_id: ada, name: 'a' });
    const before = (await examples.history(ada)).length;
    const answers = [];
    for (let n = 0; n < 3; n++)
      answers.push(
        (await examples.call('PUT', `/customers/${ada}`, { name: 'b', metadata: { k: 1 } })).body.updated_at,
      );
    expect((await examples.history(ada)).length - before).toBe(1);
    expect(new Set(answers).size).toBe(1);
  });

  test('T27 a statement of consent is recorded again, and tells nothing', async () => {
    const ada = `${examples.fresh()}ada`;
    await examples.call('POST', '/customers', { source_id: ada });
    for (let n = 0; n < 2; n++) await examples.call('PUT', `/customers/${ada}/consents`, { news: true });
    expect((await examples.history(ada)).filter(({ type }) => type === 'ConsentChanged')).toHaveLength(2);
    expect((await entries(ada)).filter((type) => type === 'consents.given')).toHaveLength(1);
  });
});

describe('ties', () => {
  test('T6 a consent given and revoked in one second: revoked', async () => {
    expect(await examples.consents('A news:true @5', 'A news:false @5')).toEqual({ news: false });
  });

  test('T7 amounts 900 and 1000 in one second: 1000', async () => {
    const facts = [paid(5, { amount: 900 }), told('order.updated', 5, { id: '~o', amount: 1_000, ...ADA })];
    expect((await examples.inEveryOrder(facts, document)).summary.orders).toMatchObject({ total_amount: 1_000 });
  });

  test('T8 sequence decides between facts of one source and one time', async () => {
    expect(await examples.metadata('A1 m:"z" @5', 'A2 m:"a" @5')).toEqual({ m: 'a' });
  });

  test('T9 names at .0001 and at .0009 of a second: the later', async () => {
    const facts = [
      profile('2024-05-01T10:00:00.0001Z', { name: 'z' }),
      profile('2024-05-01T10:00:00.0009Z', { name: 'a' }),
    ];
    expect(await examples.inEveryOrder(facts, document)).toMatchObject({ name: 'a' });
  });

  test('T10 texts that differ at U+FFE5 and U+1F600: by code point', async () => {
    expect(await examples.metadata('A m:"\uFFE5" @5', 'B m:"\u{1F600}" @5')).toEqual({ m: '\u{1F600}' });
  });
});

describe('the order of arrival does not matter', () => {
  test('T11 an update that only names the customer, and an earlier redemption: equal documents, updated_at included', async () => {
    const facts = [
      told('customer.updated', '2024-05-03T00:00:00Z', { source_id: '~ada' }),
      told('redemption.succeeded', '2024-05-01T00:00:00Z', { id: '~r', ...ADA }),
    ];
    expect(await examples.inEveryOrder(facts, document)).toMatchObject({
      created_at: '2024-05-01T00:00:00.000Z',
      updated_at: '2024-05-03T00:00:00.000Z',
    });
  });

  test('T12 order.paid 01-02, then order.created 01-01: each entry of its own time with what it said', async () => {
    const facts = [
      paid('2024-01-02T00:00:00Z', {}),
      told('order.created', '2024-01-01T00:00:00Z', { id: '~o', ...ADA }),
    ];
    const seen = await examples.inEveryOrder(facts, async (own) =>
      (await examples.activity(own('~ada')))
        .map(({ type, created_at, data }) => `${type} ${created_at.slice(5, 10)} ${data.data.order?.status ?? ''}`)
        .sort(),
    );
    expect(seen).toEqual([
      'customer.created 01-01 ',
      'customer.order.created 01-01 CREATED',
      'customer.order.paid 01-02 PAID',
    ]);
  });

  test('T13 order.paid by source id, then customer.created {id: my-1, source_id}: both accepted, one customer', async () => {
    const facts = [paid(5, { amount: 7 }), told('customer.created', 6, { id: '~my-1', source_id: '~ada', name: 'N' })];
    const seen = await examples.inEveryOrder(facts, async (own) => {
      const byName = await document(own);
      // each answer has a link of its own
      expect({ ...(await examples.document(own('~my-1'))), assets: byName.assets }).toEqual(byName);
      return [byName.name, byName.summary.orders.total_amount] as unknown[];
    });
    expect(seen).toEqual(['N', 7]);
  });

  test('T14 referred by a, corrected to b: a has 0', async () => {
    const facts = [
      referral({ source_id: '~ada' }, { source_id: '~a' }, 5),
      referral({ source_id: '~ada' }, { source_id: '~b' }, 6),
    ];
    await examples.inEveryOrder(facts, async (own) => {
      await examples.referred(own('~b'), 1);
      await examples.referred(own('~a'), 0);
      return 0;
    });
  });

  test('T15 tier silver, then gold: left silver, joined gold', async () => {
    const tier = (id: string, time: number) =>
      told('customer.loyalty.tier.changed', time, { campaign: { id: 'c' }, loyalty_tier: { id }, ...ADA });
    const seen = await examples.inEveryOrder([tier('silver', 5), tier('gold', 6)], async (own) =>
      (await examples.activity(own('~ada')))
        .filter(({ type }) => type.includes('tier'))
        .map(({ type, data }) => `${type} ${data.data.loyalty_tier.id}`)
        .sort(),
    );
    expect(seen).toEqual([
      'customer.loyalty.tier.joined gold',
      'customer.loyalty.tier.joined silver',
      'customer.loyalty.tier.left silver',
    ]);
  });

  test('T16 a tier told by the name of the campaign, later by its id: the later one shows', async () => {
    const tier = (id: string, time: number, campaign: object) =>
      told('customer.loyalty.tier.changed', time, { campaign, loyalty_tier: { id }, ...ADA });
    const facts = [tier('silver', 5, { name: 'Gold' }), tier('gold', 6, { id: 'c', name: 'Gold' })];
    expect((await examples.inEveryOrder(facts, document)).loyalty.campaigns.Gold).toMatchObject({
      loyalty_tier: 'gold',
    });
    expect(
      (
        await examples.inEveryOrder(
          [tier('silver', 6, { name: 'Gold' }), tier('gold', 5, { id: 'c', name: 'Gold' })],
          document,
        )
      ).loyalty.campaigns.Gold,
    ).toMatchObject({ loyalty_tier: 'silver' });
  });

  test.each([
    ['deletion', 'DELETE', ''],
    ['permanent deletion', 'POST', '/permanent-deletion'],
  ])('T17 a fact delivered again after %s: customer_deleted, and the customer stays gone', async (_, method, path) => {
    const prefix = examples.fresh();
    const fact = paid(5, { amount: 7 });
    await examples.tell(prefix, fact);
    expect((await examples.call(method, `/customers/${prefix}ada${path}`)).status).toBeLessThan(300);
    expect(await examples.take(prefix, fact)).toEqual(['customer_deleted']);
    expect((await examples.call('GET', `/customers/${prefix}ada`)).status).toBe(404);
  });

  test('T18 one source and id with other content: fact_conflict, the first stands', async () => {
    const prefix = examples.fresh();
    const fact = paid(5, { amount: 7 });
    await examples.tell(prefix, fact);
    expect(await examples.take(prefix, { ...paid(6, { amount: 8 }), id: fact.id })).toEqual(['fact_conflict']);
    expect((await examples.document(`${prefix}ada`)).summary.orders).toMatchObject({ total_amount: 7 });
  });
});

describe('arithmetic and rules', () => {
  const redemptions = async (...facts: readonly ReturnType<typeof told>[]): Promise<Answer['body']> =>
    (await examples.inEveryOrder(facts, document)).summary.redemptions;

  test('T19 100 earned and 30 expired under one transaction id: 70', async () => {
    const facts = [points('added', 5, 100, 'order-123'), points('expired', 6, 30, 'order-123')];
    expect((await examples.inEveryOrder(facts, document)).loyalty.points).toBe(70);
  });

  test('T20 a self-referral is recorded and not counted; history and explain flag it', async () => {
    const prefix = examples.fresh();
    await examples.tell(prefix, referral({ source_id: '~ada' }, { source_id: '~ada' }));
    await examples.referred(`${prefix}ada`, 0);
    expect((await examples.document(`${prefix}ada`)).referrals.total).toBe(0);
    const { body } = await examples.call('GET', `/customers/${prefix}ada/explain?path=referrals`);
    for (const told of [await examples.history(`${prefix}ada`), body])
      expect(JSON.stringify(told)).toContain('"flag":"self_referral"');
  });

  test('T20 a refers b and b refers a: both count, and are flagged', async () => {
    const prefix = examples.fresh();
    await examples.tell(
      prefix,
      referral({ source_id: '~a' }, { source_id: '~b' }),
      referral({ source_id: '~b' }, { source_id: '~a' }),
    );
    for (const name of ['a', 'b']) {
      await examples.referred(prefix + name, 1);
      expect(JSON.stringify(await examples.history(prefix + name))).toContain('"flag":"');
    }
  });

  test('T21 6000 redeemed, 1000 taken back: the redemption counts as used until all of it is', async () => {
    const rule = { name: 'redemption.count.per_customer', conditions: { $less_than: [1] }, rules: {} };
    const { body: rules } = await examples.call('POST', '/validation-rules', {
      name: 'Once',
      rules: { '1': rule, logic: '1' },
    });
    const isValid = async (name: string): Promise<unknown> =>
      (await examples.call('POST', `/validation-rules/${rules.id}/check`, { customer: { source_id: name } })).body
        .valid;
    const prefix = examples.fresh();
    await examples.tell(
      prefix,
      gift(10_000),
      redeemed({ voucher: { id: '~gift' }, gift: { amount: 6_000 } }),
      rolledBack({ gift: { amount: -1_000 } }),
    );
    expect(await isValid(`${prefix}ada`)).toBe(false);
    await examples.tell(
      prefix,
      told('redemption.rollback.succeeded', 4, { id: '~b2', redemption: '~r', gift: { amount: -5_000 }, ...ADA }),
    );
    expect(await isValid(`${prefix}ada`)).toBe(true);
  });

  test('T22 a redemption with two parts, all rolled back: 1 redeemed, 1 rolled back', async () => {
    const parts = ['~r1', '~r2'];
    const prefix = examples.fresh();
    await examples.tell(
      prefix,
      redeemed({}),
      ...parts.map((id) => redeemed({ id, redemption: '~r' })),
      rolledBack({}),
      ...parts.map((id) => rolledBack({ id: `~b-${id.slice(1)}`, redemption: id })),
    );
    expect((await examples.document(`${prefix}ada`)).summary.redemptions).toMatchObject({
      total_redeemed: 1,
      total_rolled_back: 1,
    });
  });

  test('T23 a rollback that only says amount: -10 takes back 10 of 60', async () => {
    const seen = await redemptions(
      gift(100),
      redeemed({ voucher: { id: '~gift', type: 'GIFT_VOUCHER' }, gift: { amount: 60 } }),
      rolledBack({ amount: -10 }),
    );
    expect(seen.gift).toEqual({ redeemed_amount: 50, amount_to_go: 50 });
  });

  test('T23 a redemption of a gift card that only says amount: 40 redeems 40', async () => {
    const seen = await redemptions(gift(100), redeemed({ voucher: { id: '~gift', type: 'GIFT_VOUCHER' }, amount: 40 }));
    expect(seen.gift).toEqual({ redeemed_amount: 40, amount_to_go: 60 });
  });

  test('T24 40 spent of one card and 10 of another by one redemption: 50', async () => {
    const spent = (voucher: string, count: number) =>
      points('spent', 5, count, `~t-${count}`, { voucher: { id: voucher }, redemption: { id: '~r' } });
    const seen = await redemptions(redeemed({}), spent('~v', 40), spent('~w', 10));
    expect(seen.loyalty_card).toMatchObject({ redeemed_points: 50 });
  });

  test('T25 100 earned, 100 expired and 100 spent at one instant, then +50: 0 to go, and explain shows the debt of 50', async () => {
    const prefix = examples.fresh();
    await examples.tell(
      prefix,
      points('added', 4, 100, '~t1'),
      points('expired', 5, 100, '~t2'),
      points('spent', 5, 100, '~t3'),
      points('added', 6, 50, '~t4'),
    );
    const seen = await examples.document(`${prefix}ada`);
    expect([seen.loyalty.points, seen.summary.redemptions.loyalty_card.points_to_go]).toEqual([50, 0]);
    const { body } = await examples.call(
      'GET',
      `/customers/${prefix}ada/explain?path=summary.redemptions.loyalty_card.points_to_go`,
    );
    expect(JSON.stringify(body)).toMatch(/"debt":50|"[a-z_]*debt[a-z_]*":-?50/);
  });

  test('T28 the average of 9007199254740989, 1 and 1 is 3002399751580330', async () => {
    const prefix = examples.fresh();
    const orders = [9_007_199_254_740_989, 1, 1].map((amount, n) => paid(5, { id: `~o${n}`, amount }));
    await examples.tell(prefix, ...orders);
    expect((await examples.document(`${prefix}ada`)).summary.orders.average_amount).toBe(3_002_399_751_580_330);
  });

  test.each(['9999-12-31T23:59:59.999-12:00', '1000-01-01T00:00:00+14:00'])(
    'T29 %s is refused: in UTC it is in a year that is',
    async (time) => {
      expect(await examples.take(examples.fresh(), profile(time, {}))).toEqual(['invalid_payload']);
    },
  );

  test('T30 a metadata integer beyond 2^53 is refused like an amount', async () => {
    const prefix = examples.fresh();
    const raw = JSON.stringify(profile(5, { metadata: { m: 'BIG' } }))
      .replace('"BIG"', '9007199254740993')
      .replaceAll('~', prefix);
    const { body } = await examples.service.call('POST', '/v1/facts', {
      raw,
      headers: { 'content-type': 'application/cloudevents+json' },
    });
    expect(body.results[0].status).toBe('rejected');
    const put = await examples.service.call('POST', '/v1/customers', {
      raw: `{"source_id":"${prefix}b","metadata":{"m":9007199254740993}}`,
    });
    expect(put.status).toBe(400);
  });

  test("T31 a referral credit does not move the referrer's updated_at", async () => {
    const prefix = examples.fresh();
    await examples.tell(
      prefix,
      told('customer.created', 1, { source_id: '~b' }),
      referral({ source_id: '~ada' }, { source_id: '~b' }, 9),
    );
    await examples.referred(`${prefix}b`, 1);
    expect((await examples.document(`${prefix}b`)).updated_at).toBeUndefined();
  });

  test('T32 a referee deleted, created anew and referred again: credited once', async () => {
    const prefix = examples.fresh();
    await examples.tell(prefix, referral({ source_id: '~ada' }, { source_id: '~b' }, 5));
    await examples.referred(`${prefix}b`, 1);
    await examples.call('DELETE', `/customers/${prefix}ada`);
    await examples.tell(prefix, { ...referral({ source_id: '~ada' }, { source_id: '~b' }), time: ahead(20) });
    await examples.referred(`${prefix}b`, 1);
  });
});
