import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fact } from '../support/facts.js';
import { OpenApi } from '../support/openapi.js';
import { sdk } from '../support/sdk.js';
import { Service } from '../support/service.js';

let service: Service;
let api: OpenApi;
let client: ReturnType<typeof sdk>;

const customer = { id: 'cust_cards' };
const at = (minute: number): string => `2026-01-01T00:0${minute}:00Z`;
const gift = (id: string, amount: number) =>
  fact('voucher.gift.balance_added', at(1), {
    voucher: { id },
    balance: { amount },
    transaction: { id: `t-${id}` },
    customer,
  });
const points = (id: string, balance: number) =>
  fact('voucher.loyalty_card.points_added', at(1), {
    campaign: { name: 'Stars' },
    voucher: { id },
    balance: { points: balance },
    transaction: { id: `t-${id}` },
    customer,
  });

beforeAll(async () => {
  service = await Service.start({ env: { READ_CONSISTENCY: 'store' } });
  api = await OpenApi.of(service);
  client = sdk(service, api);
  const { body } = await service.facts([
    fact('customer.created', at(0), { ...customer, source_id: 'cards' }),
    gift('v_gift', 5_000),
    gift('v_spent', 700),
    points('v_stars', 300),
    points('v_off', 10),
    fact('voucher.disabled', at(2), { voucher: { id: 'v_off' }, customer }),
    fact('voucher.disabled', at(2), { voucher: { id: 'v_heard_of' }, customer }),
    ...[
      ['v_gift', 1_200],
      ['v_spent', 700],
    ].map(([id, amount]) =>
      fact('redemption.succeeded', at(3), { id: `r_${id}`, voucher: { id }, gift: { amount }, customer }),
    ),
  ]);
  expect(body.rejected).toBe(0);
});
afterAll(() => service.discard());

test('listRedeemables of the official SDK: the cards of which facts tell, with what is left', async () => {
  const page = await client.customers.listRedeemables('cards');
  expect(api.problems('RedeemableList', { body: page })).toEqual([]);
  expect(page).toMatchObject({ object: 'list', data_ref: 'data', total: 4, has_more: false });
  const cards = Object.fromEntries(page.data.map((one) => [one.redeemable_id, one]));
  expect(cards['v_gift']).toEqual({
    id: expect.stringMatching(/^rh_[0-9a-f]{18}$/),
    redeemable_id: 'v_gift',
    redeemable_object: 'voucher',
    customer_id: 'cust_cards',
    holder_role: 'OWNER',
    voucher_type: 'GIFT_VOUCHER',
    redeemable: {
      type: 'voucher',
      status: 'ACTIVE',
      voucher: { id: 'v_gift', object: 'voucher', type: 'GIFT_VOUCHER', gift: { amount: 5_000, balance: 3_800 } },
    },
  });
  expect(cards['v_spent']).toMatchObject({ redeemable: { status: 'NO_BALANCE', voucher: { gift: { balance: 0 } } } });
  expect(cards['v_stars']).toMatchObject({
    campaign_type: 'LOYALTY_PROGRAM',
    redeemable: { status: 'ACTIVE', voucher: { loyalty_card: { points: 300, balance: 300 } } },
  });
  expect(cards['v_off']).toMatchObject({ redeemable: { status: 'DISABLED' } });
  const { summary } = (await client.customers.get('cards')) as { summary: object };
  expect(summary).toMatchObject({
    redemptions: { gift: { amount_to_go: 3_800 }, loyalty_card: { points_to_go: 300 } },
  });
});

test.each(['id', '-id'] as const)('pages with more_starting_after, order %s', async (order) => {
  const seen: string[] = [];
  for (let starting_after_id: string | undefined, more = true; more;) {
    const page = await client.customers.listRedeemables('cust_cards', {
      limit: 3,
      order,
      ...(starting_after_id !== undefined && { starting_after_id }),
    });
    seen.push(...page.data.map(({ id }) => id));
    expect('more_starting_after' in page).toBe(page.has_more);
    ({ has_more: more } = page);
    starting_after_id = page.more_starting_after;
  }
  expect(seen).toHaveLength(4);
  expect(seen).toEqual(order === 'id' ? [...seen].sort() : [...seen].sort().reverse());
});

test.each([
  [{ redeemable_id: { conditions: { $is: 'v_gift' } } }, ['v_gift']],
  [{ voucher_type: { conditions: { $is: 'LOYALTY_CARD' } } }, ['v_off', 'v_stars']],
  [
    {
      campaign_type: { conditions: { $is_unknown: true } },
      redeemable_id: { conditions: { $in: ['v_gift', 'v_stars'] } },
    },
    ['v_gift'],
  ],
  [
    {
      junction: 'OR',
      redeemable_id: { conditions: { $is: 'v_gift' } },
      voucher_type: { conditions: { $is: 'LOYALTY_CARD' } },
    },
    ['v_gift', 'v_off', 'v_stars'],
  ],
  [{ created_at: { conditions: { $has_value: true } } }, []],
])('filters %j', async (filters, expected) => {
  const page = await client.customers.listRedeemables('cust_cards', { filters: filters as never });
  expect(page.data.map(({ redeemable_id }) => redeemable_id).sort()).toEqual(expected);
  expect(page).toMatchObject({ total: expected.length, has_more: false });
});

test('errors', async () => {
  await expect(client.customers.listRedeemables('unknown')).rejects.toMatchObject({
    code: 404,
    resource_id: 'unknown',
  });
  const filters = { nothing: { conditions: { $is: 'v_gift' } } } as never;
  await expect(client.customers.listRedeemables('cards', { filters })).rejects.toMatchObject({
    code: 400,
    key: 'invalid_query_params',
    details: 'Unsupported filter used: nothing',
  });
  await expect(client.customers.listRedeemables('cards', { order: 'created_at' })).rejects.toMatchObject({ code: 400 });
  await client.customers.create({ source_id: 'no-cards' });
  expect(await client.customers.listRedeemables('no-cards')).toMatchObject({ total: 0, data: [], has_more: false });
});
