import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ahead, Examples, told } from '../support/arrival/examples.js';
import { Service } from '../support/service.js';

/* A refused fact and a deleted customer leave no name behind, and every name leads to its customer. */

let examples: Examples;

beforeAll(async () => void (examples = new Examples(await Service.start())));
afterAll(() => examples.service.discard());

const ADA = { customer: { source_id: '~ada' } };
const created = (time: number | string, data: object) => told('customer.created', time, data);
const status = async (method: string, path: string) => (await examples.call(method, path)).status;
const referral = (referee: object, referrer: string, time = 5) =>
  told('customer.referred', time, {
    customer: referee,
    referrer: { source_id: referrer },
    campaign: { id: 'c' },
    custom_event: { id: '~e' },
  });

describe('a fact that is refused leaves no name', () => {
  test('a conflict does not make a source id a name of the customer', async () => {
    const prefix = examples.fresh();
    const first = created(5, { id: '~my', name: 'a' });
    await examples.tell(prefix, first);
    const other = { ...first, data: { id: '~my', source_id: '~ada', name: 'a' } };
    expect(await examples.take(prefix, other)).toEqual(['fact_conflict']);
    expect(await status('GET', `/customers/${prefix}ada`)).toBe(404);
  });

  test('a conflict does not make an id a name of the customer', async () => {
    const prefix = examples.fresh();
    const first = created(5, { source_id: '~ada', name: 'a' });
    await examples.tell(prefix, first);
    const other = { ...first, data: { id: '~my', source_id: '~ada', name: 'a' } };
    expect(await examples.take(prefix, other)).toEqual(['fact_conflict']);
    expect(await status('GET', `/customers/${prefix}my`)).toBe(404);
  });

  test('a referral of an unknown referee, one in conflict, and one of a deleted referee create no referrer', async () => {
    const prefix = examples.fresh();
    const first = referral({ source_id: '~ada' }, '~first');
    await examples.tell(prefix, first);
    expect(await examples.take(prefix, referral({ id: '~unknown' }, '~r1'))).toEqual(['not_found']);
    const other = { ...referral({ source_id: '~ada' }, '~r2'), id: first.id };
    expect(await examples.take(prefix, other)).toEqual(['fact_conflict']);
    await examples.call('DELETE', `/customers/${prefix}ada`);
    expect(await examples.take(prefix, referral({ source_id: '~ada' }, '~r3'))).toEqual(['customer_deleted']);
    for (const referrer of ['r1', 'r2', 'r3'])
      expect([referrer, await status('GET', `/customers/${prefix}${referrer}`)]).toEqual([referrer, 404]);
  });
});

describe('a command that is refused leaves no name', () => {
  const joins = async (prefix: string): Promise<void> => {
    await examples.tell(prefix, created(5, { id: '~my' }), created(6, { id: '~my', source_id: '~ada' }));
    expect(await examples.document(`${prefix}ada`)).toMatchObject({ id: `${prefix}my` });
  };

  test("POST of another's order", async () => {
    const prefix = examples.fresh();
    const order = (customer: string) => ({ id: `${prefix}o`, amount: 1, customer: { source_id: prefix + customer } });
    expect((await examples.call('POST', '/orders', order('owner'))).status).toBe(200);
    expect((await examples.call('POST', '/orders', order('ada'))).body).toMatchObject({ key: 'invalid_customer' });
    await joins(prefix);
  });

  test('POST of an unknown customer with If-Match', async () => {
    const prefix = examples.fresh();
    const body = { source_id: `${prefix}ada` };
    const headers = { 'if-match': '"3"' };
    const { status: refused } = await examples.service.call('POST', '/v1/customers', { body, headers });
    expect(refused).toBe(412);
    await joins(prefix);
  });
});

describe('an id that was told again after its customer went', () => {
  const paid = (time: string) => told('order.paid', time, { id: '~o', amount: 7, customer: { id: '~my' } });

  test.each([
    ['deleted', 'DELETE', ''],
    ['erased', 'POST', '/permanent-deletion'],
  ])('leads later facts to the new customer: %s', async (_, method, path) => {
    const prefix = examples.fresh();
    await examples.tell(prefix, created(5, { id: '~my', name: 'old' }));
    await examples.call(method, `/customers/${prefix}my${path}`);
    await examples.tell(prefix, created(ahead(10), { id: '~my', name: 'new' }), paid(ahead(20)));
    expect(await examples.document(`${prefix}my`)).toMatchObject({
      name: 'new',
      summary: { orders: { total_amount: 7 } },
    });
    expect(await examples.take(prefix, paid('2024-05-01T10:00:00Z'))).toEqual(['customer_deleted']);
  });

  test('is that of whom it shows: permanent deletion takes the new customer first, then the one deleted before', async () => {
    const prefix = examples.fresh();
    await examples.tell(prefix, created(5, { id: '~my' }));
    await examples.call('DELETE', `/customers/${prefix}my`);
    await examples.tell(prefix, created(ahead(10), { id: '~my' }));
    const { id } = await examples.document(`${prefix}my`);
    const forget = () => examples.call('POST', `/customers/${prefix}my/permanent-deletion`);
    expect((await forget()).body).toMatchObject({ related_object_id: id as string });
    expect(await status('GET', `/customers/${prefix}my`)).toBe(404);
    expect((await forget()).body).toMatchObject({ related_object_id: `${prefix}my` });
    expect((await forget()).status).toBe(404);
  });
});

test.each([
  ['of its own', {}],
  ['who has a history', { source_id: '~other' }],
])('a new owner of an id, one %s, does not get the credits of the former owner', async (_, more) => {
  const prefix = examples.fresh();
  const refer = (event: string, time: number | string) =>
    told('customer.referred', time, {
      customer: { source_id: '~referee' },
      referrer: { id: '~my' },
      campaign: { id: event },
      custom_event: { id: event },
    });
  const named = (time: number | string, source_id: string) => told('customer.updated', time, { source_id, name: 'n' });
  await examples.tell(prefix, named(4, '~ada'), refer('c1', 5));
  await examples.tell(prefix, created(6, { id: '~my', source_id: '~ada' }));
  await examples.referred(`${prefix}my`, 1);
  await examples.call('DELETE', `/customers/${prefix}ada`);
  await examples.tell(prefix, named(ahead(5), '~other'), refer('c2', ahead(10)));
  await examples.tell(prefix, created(ahead(20), { id: '~my', ...more }));
  await examples.referred(`${prefix}my`, 1);
  expect((await examples.document(`${prefix}my`)).loyalty.campaigns).toEqual({ c2: expect.anything() });
});

test('a deletion is dated in milliseconds, like every document', async () => {
  const prefix = examples.fresh();
  await examples.tell(prefix, created(5, { source_id: '~ada' }));
  const { body } = await examples.call('POST', `/customers/${prefix}ada/permanent-deletion`);
  expect(body.created_at).toMatch(/^\S{19}\.\d{3}Z$/);
});

test('every name leads to the redeemables', async () => {
  const prefix = examples.fresh();
  const card = told('voucher.gift.balance_added', 5, {
    voucher: { id: '~gift' },
    balance: { amount: 7 },
    transaction: { id: '~t' },
    ...ADA,
  });
  const names = [created(6, { id: '~my', source_id: '~ada' }), created(7, { id: '~my', source_id: '~other' })];
  await examples.tell(prefix, card, ...names);
  for (const name of ['ada', 'my', 'other']) {
    const { body } = await examples.call('GET', `/customers/${prefix}${name}/redeemables`);
    expect([name, body.total]).toEqual([name, 1]);
  }
});
