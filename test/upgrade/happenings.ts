import { random } from '../support/random.js';

/** A CloudEvent as it is sent. */
export interface Happening {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly time: string;
  readonly sequence?: string;
  readonly datacontenttype: 'application/json';
  readonly data: Readonly<Record<string, unknown>>;
}

interface Chance {
  /** An integer below. */
  readonly below: (count: number) => number;
  readonly one: <T>(list: readonly T[]) => T;
  readonly often: (share: number) => boolean;
}

const SOURCES = ['/shop', '/loyalty', '/crm'] as const;
const CLUB = { id: 'camp_club', name: 'Club' };
const FRIENDS = { id: 'camp_friends', name: 'Friends' };
const TIERS = [{ id: 'ltr_silver', name: 'Silver' }, { id: 'ltr_gold', name: 'Gold' }, { id: 'ltr_gold' }, null];
const [PERSONS, REPEATED_SHARE, LATE_BY_MAX] = [20, 0.1, 60];

/**
 * Facts of every type about a few people, with few ids and few times, so that they meet: late, at one instant, below the
 * millisecond, and told twice.
 */
export function happenings(seed: number, count: number): Happening[] {
  const next = random(seed);
  const below = (limit: number): number => Math.floor(next() * limit);
  const chance: Chance = { below, one: (list) => list[below(list.length)] as never, often: (share) => next() < share };
  const facts: Happening[] = [];
  for (let n = 0; facts.length < count; n++) {
    const person = `person-${1 + below(PERSONS)}`;
    const [type, data] = chance.one(KINDS)(chance, person);
    const customer = type.startsWith('customer.') && 'source_id' in data ? {} : { customer: { source_id: person } };
    const [source, time] = [chance.one(SOURCES), timeOf(chance, n)];
    facts.push({
      specversion: '1.0',
      id: `${seed}-${n}`,
      source,
      type,
      time,
      datacontenttype: 'application/json',
      data: { ...data, ...customer },
    });
    if (chance.often(REPEATED_SHARE)) facts.push(chance.one(facts));
  }
  return shuffled(facts, chance);
}

/** One of some thirty days; sometimes so close to another that only the digits after the millisecond differ. */
function timeOf(chance: Chance, n: number): string {
  const day = String(1 + chance.below(28)).padStart(2, '0');
  const start = `2026-0${1 + (n % 3)}-${day}T`;
  if (chance.often(0.15)) return `${start}10:00:00Z`;
  if (chance.often(0.15)) return `${start}10:00:00.000${chance.below(10)}Z`;
  if (chance.often(0.1)) return `${start}12:00:00+02:00`;
  return `${start}${String(8 + chance.below(10)).padStart(2, '0')}:${String(chance.below(60)).padStart(2, '0')}:00Z`;
}

/** Late, but not by more than some dozens. */
function shuffled(facts: readonly Happening[], chance: Chance): Happening[] {
  const order = [...facts];
  for (let n = order.length - 1; n > 0; n--) {
    const other = Math.max(0, n - chance.below(LATE_BY_MAX));
    [order[n], order[other]] = [order[other] as Happening, order[n] as Happening];
  }
  return order;
}

type Kind = (chance: Chance, person: string) => readonly [type: string, data: Record<string, unknown>];

const card = (person: string, number = 1) => ({ id: `card-${person}-${number}`, type: 'LOYALTY_CARD' });
const giftCard = (person: string) => ({ id: `gift-${person}`, type: 'GIFT_VOUCHER' });
const idOf = (chance: Chance, word: string, person: string): string => `${word}-${person}-${chance.below(4)}`;
const moved = (chance: Chance, person: string) => ({
  campaign: CLUB,
  voucher: card(person),
  transaction: { id: `${idOf(chance, 'tx', person)}-${chance.below(5)}`, ...(chance.often(0.3) && { reason: 'why' }) },
});
const pending = (chance: Chance, person: string) => ({
  campaign: CLUB,
  voucher: card(person),
  pending_points: { id: idOf(chance, 'pp', person), points: 5 + chance.below(20) },
});

const profile: Kind = (chance, person) => [
  chance.one(['customer.created', 'customer.updated']),
  {
    source_id: person,
    ...(chance.often(0.6) && { name: chance.one(['Ada', 'Bob', 'Cy', 'Zoë']) }),
    ...(chance.often(0.4) && { email: `${person}@example.test`, phone: chance.one(['+481', '+482']) }),
    ...(chance.often(0.4) && {
      address: chance.one([null, { city: 'Łódź' }, { city: 'Oslo', country: 'NO' }, { country: null }]),
    }),
    ...(chance.often(0.4) && { metadata: chance.one([null, { vip: true }, { vip: false, size: 'M' }, { size: 7 }]) }),
    ...(chance.often(0.2) && { created_at: '2025-12-01T00:00:00Z' }),
  },
];

const order: Kind = (chance, person) => [
  `order.${chance.one(['created', 'updated', 'processing', 'paid', 'paid', 'fulfilled', 'canceled'])}`,
  {
    id: idOf(chance, 'ord', person),
    ...(chance.often(0.7) && { amount: 100 * (1 + chance.below(50)) }),
    ...(chance.often(0.2) && { source_id: `web-${person}`, metadata: { channel: 'web' } }),
    ...(chance.often(0.2) && { items: [{ product_id: 'prod_1', quantity: 1 + chance.below(3) }] }),
    ...(chance.often(0.3) && { created_at: '2026-01-01T00:00:00Z' }),
    ...(chance.often(0.3) && { updated_at: `2026-02-0${1 + chance.below(9)}T00:00:00Z` }),
  },
];

const redeemed: Kind = (chance, person) => [
  chance.one(['redemption.succeeded', 'redemption.succeeded', 'redemption.failed']),
  {
    id: idOf(chance, 'red', person),
    ...chance.one([
      { voucher: card(person), loyalty_card: { points: 5 + chance.below(20) } },
      { voucher: giftCard(person), gift: { amount: 100 * (1 + chance.below(5)) } },
      { voucher: { id: 'v-code', code: 'SPRING', campaign: 'Spring' }, amount: 500 },
      { redemption: `red-${person}-0` },
    ]),
    ...(chance.often(0.3) && { order: { id: `ord-${person}-0` } }),
    ...(chance.often(0.2) && { failure_code: 'quantity_exceeded', failure_message: 'used up' }),
  },
];

const tookBack: Kind = (chance, person) => [
  chance.one(['redemption.rollback.succeeded', 'redemption.rollback.succeeded', 'redemption.rollback.failed']),
  {
    id: idOf(chance, 'rb', person),
    redemption: idOf(chance, 'red', person),
    reason: 'returned',
    ...chance.one([{}, { amount: -100 }, { loyalty_card: { points: -5 } }, { gift: { amount: 100 } }]),
  },
];

const consents: Kind = (chance) => [
  chance.one(['customer.consents.given', 'customer.consents.given', 'customer.consents.revoked']),
  { consents: [{ id: chance.one(['news', 'calls', 'unsubscribed']), ...(chance.often(0.3) && { name: 'News' }) }] },
];

const KINDS: readonly Kind[] = [
  profile,
  profile,
  order,
  order,
  order,
  redeemed,
  tookBack,
  consents,
  (chance, person) => [
    chance.one(['validation.succeeded', 'validation.failed']),
    { id: idOf(chance, 'val', person), redeemables: [{ object: 'voucher', id: 'SPRING' }] },
  ],
  (chance, person) => [
    chance.one(['publication.succeeded', 'publication.failed']),
    { id: idOf(chance, 'pub', person), campaign: CLUB, voucher: card(person), channel: 'e-mail' },
  ],
  (chance, person) => [
    'voucher.gift.balance_added',
    { voucher: giftCard(person), balance: { amount: 1_000 }, transaction: { id: idOf(chance, 'gtx', person) } },
  ],
  (chance, person) => [
    `voucher.loyalty_card.points_${chance.one(['added', 'added', 'expired'])}`,
    { ...moved(chance, person), balance: { points: 10 + chance.below(90) } },
  ],
  (chance, person) => [
    'voucher.loyalty_card.points_spent',
    {
      ...moved(chance, person),
      balance: { points: 5 + chance.below(20) },
      ...(chance.often(0.5) && { redemption: { id: idOf(chance, 'red', person) } }),
    },
  ],
  (chance, person) => [
    'voucher.loyalty_card.points_adjusted',
    { ...moved(chance, person), balance: { points: chance.below(40) - 10 } },
  ],
  (chance, person) => [
    'voucher.loyalty_card.points_transferred',
    {
      ...moved(chance, person),
      balance: { points: 5 },
      source_voucher: { id: card(person).id },
      destination_voucher: { id: card(person, 2).id },
      voucher: card(person, 1 + chance.below(2)),
    },
  ],
  (chance, person) => [
    `voucher.loyalty_card.pending_points.${chance.one(['added', 'added', 'activated', 'canceled'])}`,
    pending(chance, person),
  ],
  (chance, person) => [chance.one(['voucher.enabled', 'voucher.disabled']), { voucher: card(person), campaign: CLUB }],
  (chance) => ['customer.loyalty.tier.changed', { campaign: CLUB, loyalty_tier: chance.one(TIERS) }],
  (chance, person) => [
    'customer.referred',
    {
      referrer: { source_id: `person-${1 + chance.below(PERSONS)}` },
      campaign: FRIENDS,
      ...chance.one([
        { custom_event: { id: idOf(chance, 'ev', person) } },
        { redemption: { id: idOf(chance, 'red', person) } },
      ]),
    },
  ],
  (chance, person) => [
    'customer.custom_event',
    {
      type: chance.one(['visited', 'called']),
      ...(chance.often(0.5) && { id: idOf(chance, 'ev', person) }),
      metadata: { page: '/' },
    },
  ],
];
