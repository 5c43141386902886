import type { Service } from './service.js';

/** The settings of an installation with a cockpit; the address is that of a proxy in front. */
export const COCKPIT_ENV = { COCKPIT_URL: 'https://shop.example/my/account', COCKPIT_PER_MINUTE: '100000' };

/** A customer with something of everything; resolves with their id. */
export async function settledCustomer(service: Service): Promise<string> {
  for (const body of [
    { id: 'cnst_news', name: 'Newsletter', description: 'We write to you about new coffees, twice a month at most.' },
    { id: 'cnst_calls', name: 'Phone calls', description: 'We call you when an offer ends.' },
    { id: 'cnst_profile', name: 'Personal offers', description: 'We look at your orders to choose offers for you.' },
  ])
    await service.call('POST', '/v1/consents', { body });
  const source_id = 'shop-4711';
  const profile = {
    name: 'Ada Martin',
    email: 'ada@example.test',
    phone: '+48 123 456 789',
    birthdate: '1985-12-10',
    address: { line_1: 'Mill Lane 3', postal_code: '00-123', city: 'Warsaw', country: 'Poland' },
  };
  const { body } = await service.call('POST', '/v1/customers', { body: { source_id, ...profile } });
  const facts = [...orders(source_id), ...points(source_id), ...others(source_id)];
  const taken = await service.facts(facts.map((fact, n) => ({ ...fact, id: `fact-${n}` })));
  if (taken.body.accepted !== facts.length) throw new Error(taken.text);
  await service.call('PUT', `/v1/customers/${source_id}/consents`, { body: { cnst_news: true, cnst_profile: false } });
  return body.id as string;
}

/** A customer whose words are as long as they come, and written from right to left. */
export async function wordyCustomer(service: Service): Promise<string> {
  const source_id = 'wordy';
  const name = `ليلى ${'Donaudampfschifffahrtsgesellschaftskapitän'.repeat(3)}`;
  const email = `${'maximiliane.'.repeat(12)}@example.test`;
  const { body } = await service.call('POST', '/v1/customers', { body: { source_id, name, email } });
  const club = { id: 'camp_wordy', name: `نادي القهوة (2026) ${'x'.repeat(200)}` };
  const voucher = { id: 'card_2', type: 'LOYALTY_CARD' };
  const statuses = ['order.paid', 'order.fulfilled', 'order.canceled', 'order.processing'];
  const facts = [
    ...statuses.map((type, n) =>
      fact(type, day(n), source_id, {
        ...{ id: `ord_w${n}`, source_id: `طلب-${'X9K2'.repeat(12)}`, amount: 123_456_789 },
        created_at: day(n),
      }),
    ),
    fact('voucher.loyalty_card.points_added', day(3), source_id, {
      ...{ campaign: club, voucher, balance: { points: 1_234_567_890 }, transaction: { id: 'vtx_w' } },
    }),
    fact('customer.loyalty.tier.changed', day(9), source_id, {
      campaign: club,
      loyalty_tier: { id: 't_w', name: 'ذهبي' },
    }),
  ];
  const taken = await service.facts(facts.map((one, n) => ({ ...one, id: `fact-w${n}` })));
  if (taken.body.accepted !== facts.length) throw new Error(taken.text);
  return body.id as string;
}

/** The query of the link to a customer's page. */
export async function linkOf(service: Service, ref: string): Promise<string> {
  const { body } = await service.call('GET', `/v1/customers/${ref}`);
  return new URL(body.assets.cockpit_url as string).search;
}

const DAY_MS = 86_400_000;
const day = (n: number): string => new Date(Date.UTC(2026, 0, 5) + n * DAY_MS).toISOString();
const fact = (type: string, time: string, source_id: string, data: object): object => ({
  specversion: '1.0',
  source: '/shop',
  type,
  time,
  datacontenttype: 'application/json',
  data: { customer: { source_id }, ...data },
});

/** More than a page shows. */
const orders = (source_id: string): object[] =>
  Array.from({ length: 24 }, (_, n) =>
    fact(n % 7 === 3 ? 'order.canceled' : 'order.paid', day(n * 9), source_id, {
      id: `ord_${n}`,
      source_id: `2026-${1000 + n}`,
      amount: 1_990 + n * 735,
      created_at: day(n * 9),
    }),
  );

const CLUB = { id: 'camp_club', name: 'Coffee club' };
const card = { id: 'card_1', type: 'LOYALTY_CARD' };

const points = (source_id: string): object[] => [
  fact('voucher.loyalty_card.points_added', day(3), source_id, {
    campaign: CLUB,
    voucher: card,
    balance: { points: 1_340 },
    transaction: { id: 'vtx_1' },
  }),
  fact('voucher.loyalty_card.points_added', day(8), source_id, {
    campaign: { id: 'camp_spring', name: 'Spring bonus' },
    voucher: card,
    balance: { points: 200 },
    transaction: { id: 'vtx_2' },
  }),
  fact('customer.loyalty.tier.changed', day(9), source_id, {
    campaign: CLUB,
    loyalty_tier: { id: 't_1', name: 'Gold' },
  }),
  fact('voucher.gift.balance_added', day(10), source_id, {
    voucher: { id: 'gift_1', type: 'GIFT_VOUCHER' },
    balance: { amount: 2_550 },
    transaction: { id: 'vtx_3' },
  }),
];

const FRIENDS = { id: 'camp_friends', name: 'Bring a friend' };

const others = (source_id: string): object[] => [
  fact('customer.created', day(1), 'friend-1', { source_id: 'friend-1', name: 'Another Person' }),
  fact('customer.referred', day(2), source_id, {
    referrer: { source_id: 'friend-1' },
    campaign: FRIENDS,
    redemption: { id: 'r_1' },
  }),
  fact('customer.referred', day(30), 'friend-2', {
    referrer: { source_id },
    campaign: FRIENDS,
    redemption: { id: 'r_2' },
  }),
];
