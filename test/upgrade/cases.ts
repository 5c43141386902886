import type { Happening } from './happenings.js';

/* Small histories that later versions read otherwise, or might: each has customers of its own, named after what it is about. */

let count = 0;

const told = (type: string, time: string, data: object, more: object = {}): Happening => ({
  specversion: '1.0',
  id: `case-${++count}`,
  source: '/cases',
  type,
  time,
  datacontenttype: 'application/json',
  data: data as Readonly<Record<string, unknown>>,
  ...more,
});
const who = (name: string) => ({ customer: { source_id: `case-${name}` } });
const NOON = '2026-05-01T12:00:00Z';
const day = (n: number): string => `2026-05-${String(n).padStart(2, '0')}T12:00:00Z`;
const CLUB = { id: 'camp_club', name: 'Club' };
const FRIENDS = { id: 'camp_friends', name: 'Friends' };
interface Happened {
  readonly at?: string;
  readonly redemption?: { readonly id: string };
}
const movement = (name: string, kind: string, points: number, transaction: string, more: Happened = {}) =>
  told(`voucher.loyalty_card.points_${kind}`, more.at ?? NOON, {
    ...{ ...who(name), campaign: CLUB, voucher: { id: `card-${name}` }, balance: { points } },
    ...{ transaction: { id: transaction }, ...(more.redemption && { redemption: more.redemption }) },
  });
const referred = (name: string, referrer: string, at: string, event = 'e') =>
  told('customer.referred', at, {
    ...{ ...who(name), referrer: { source_id: `case-${referrer}` } },
    ...{ campaign: FRIENDS, custom_event: { id: `${name}-${event}` } },
  });
const tier = (name: string, at: string, loyalty_tier: object | null) =>
  told('customer.loyalty.tier.changed', at, { ...who(name), campaign: CLUB, loyalty_tier });
const consent = (name: string, kind: 'given' | 'revoked', at: string, id = 'news') =>
  told(`customer.consents.${kind}`, at, { ...who(name), consents: [{ id }] });

/** Statements of one instant. */
const ties = [
  consent('tie-consent', 'given', NOON),
  consent('tie-consent', 'revoked', NOON),
  told('order.paid', NOON, { id: 'tie-amount', amount: 900, ...who('tie-amount') }),
  told('order.updated', NOON, { id: 'tie-amount', amount: 1_000, ...who('tie-amount') }),
  told('customer.updated', '2026-05-01T12:00:00.0009Z', { source_id: 'case-tie-digits', name: 'Later' }),
  told('customer.updated', '2026-05-01T12:00:00.0001Z', { source_id: 'case-tie-digits', name: 'Zero' }),
  told('customer.updated', NOON, { source_id: 'case-tie-text', name: '\u{1F600}' }),
  told('customer.updated', NOON, { source_id: 'case-tie-text', name: '\uFFE5' }),
  told('customer.updated', NOON, { source_id: 'case-tie-sequence', name: 'Second' }, { sequence: '2' }),
  told('customer.updated', NOON, { source_id: 'case-tie-sequence', name: 'Tenth' }, { sequence: '10' }),
  told('customer.updated', NOON, { source_id: 'case-tie-empty', address: { city: 'Oslo' } }),
  told('customer.updated', NOON, { source_id: 'case-tie-empty', address: null }),
];

/** Facts that came in another order than they happened. */
const late = [
  told('customer.updated', day(3), { source_id: 'case-late' }),
  told('redemption.succeeded', day(1), { id: 'late-r', ...who('late') }),
  told('order.paid', day(2), { id: 'late-o', ...who('late-order') }),
  told('order.created', day(1), { id: 'late-o', ...who('late-order') }),
  told('order.paid', day(2), { id: 'alias-o', amount: 700, ...who('alias') }),
  told('customer.created', day(1), { id: 'case-own-id', source_id: 'case-alias', name: 'Alias' }),
  told('customer.created', day(1), { id: 'case-own-first', source_id: 'case-own', name: 'Own' }),
  told('order.paid', day(2), { id: 'own-o', amount: 300, customer: { id: 'case-own-first' } }),
  told('redemption.rollback.succeeded', day(2), { id: 'late-rb', redemption: 'late-rr', ...who('late-rollback') }),
  told('redemption.succeeded', day(1), { id: 'late-rr', amount: 40, ...who('late-rollback') }),
];

const identity = [
  told('order.paid', NOON, { id: 'conflict-o', amount: 1, ...who('conflict') }, { id: 'conflict' }),
  told('order.paid', NOON, { id: 'conflict-o', amount: 2, ...who('conflict') }, { id: 'conflict' }),
  movement('transaction', 'added', 100, 'order-123'),
  movement('transaction', 'expired', 30, 'order-123', { at: day(9) }),
];

const referrals = [
  referred('corrected', 'referrer-a', day(1)),
  referred('corrected', 'referrer-b', day(2)),
  referred('self', 'self', day(1)),
  referred('circle-a', 'circle-b', day(1)),
  referred('circle-b', 'circle-a', day(2)),
];

const tiers = [
  tier('tier', day(1), { id: 'ltr_silver', name: 'Silver' }),
  tier('tier', day(2), { id: 'ltr_gold', name: 'Gold' }),
  told('customer.loyalty.tier.changed', day(1), {
    ...who('tier-name'),
    campaign: { name: 'Club' },
    loyalty_tier: { id: 'ltr_silver' },
  }),
  tier('tier-name', day(2), { id: 'ltr_gold' }),
];

const giftCard = (name: string) => ({ id: `gift-${name}`, type: 'GIFT_VOUCHER' });
const sums = [
  told('redemption.succeeded', day(1), {
    id: 'part-r',
    gift: { amount: 6_000 },
    voucher: giftCard('part'),
    ...who('part'),
  }),
  told('redemption.rollback.succeeded', day(2), {
    id: 'part-rb',
    redemption: 'part-r',
    gift: { amount: 1_000 },
    ...who('part'),
  }),
  told('redemption.succeeded', day(1), { id: 'parts', ...who('parts') }),
  ...['p1', 'p2'].map((id) => told('redemption.succeeded', day(1), { id, redemption: 'parts', ...who('parts') })),
  ...['p1', 'p2', 'parts'].map((id) =>
    told('redemption.rollback.succeeded', day(2), { id: `rb-${id}`, redemption: id, ...who('parts') }),
  ),
  told('redemption.succeeded', day(1), { id: 'amount-r', amount: 60, voucher: giftCard('amount'), ...who('amount') }),
  told('redemption.rollback.succeeded', day(2), {
    id: 'amount-rb',
    redemption: 'amount-r',
    amount: -10,
    ...who('amount'),
  }),
  movement('spent-twice', 'spent', 40, 'st-1', { redemption: { id: 'spent-r' } }),
  told('voucher.loyalty_card.points_spent', NOON, {
    ...who('spent-twice'),
    campaign: CLUB,
    voucher: { id: 'card-other' },
    balance: { points: 10 },
    transaction: { id: 'st-2' },
    redemption: { id: 'spent-r' },
  }),
  movement('debt', 'added', 100, 'debt-1', { at: day(1) }),
  movement('debt', 'expired', 100, 'debt-2', { at: day(2) }),
  movement('debt', 'spent', 100, 'debt-3', { at: day(2) }),
  movement('debt', 'added', 50, 'debt-4', { at: day(3) }),
  ...[Number.MAX_SAFE_INTEGER - 2, 1, 1].map((amount, n) =>
    told('order.paid', day(n + 1), { id: `avg-${n}`, amount, ...who('average') }),
  ),
];

/** Dates that are refused by now. */
const future = ['2099-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z'].flatMap((time) => {
  const name = `future-${time.slice(0, 4)}`;
  return [
    consent(name, 'given', time),
    told('customer.updated', time, { source_id: `case-${name}`, name: 'From the future', metadata: { when: time } }),
    told('order.paid', time, { id: name, amount: 500, ...who(name) }),
    told('order.created', day(1), { id: `${name}-now`, amount: 100, ...who(name) }),
  ];
});

const unsubscribed = [
  consent('unsubscribed', 'given', day(1), 'calls'),
  consent('unsubscribed', 'given', day(3), 'unsubscribed'),
  consent('unsubscribed', 'given', day(2)),
  consent('unsubscribed', 'given', day(4), 'calls'),
];

export const cases: readonly Happening[] = [
  ...ties,
  ...late,
  ...identity,
  ...referrals,
  ...tiers,
  ...sums,
  ...future,
  ...unsubscribed,
];
