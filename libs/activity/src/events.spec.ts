import { expect, test } from '@jest/globals';
import { customer, type CustomerEvent, type CustomerState } from '#customer';
import { describe } from './events.js';
import { activitiesOf } from './messages.js';

const at = (day: number): string => `2026-01-0${day}T00:00:00.000000000Z`;
const born: CustomerEvent = {
  type: 'CustomerCreated',
  occurred_at: at(1),
  data: { source_id: 's1', created_at: at(1) },
};
const campaign = { id: 'camp_1', name: 'One' };
const voucher = { id: 'card_1', type: 'LOYALTY_CARD' };

function moment(...events: readonly CustomerEvent[]) {
  const before = events.slice(0, -1).reduce(customer.evolve, customer.evolve(customer.initial, born));
  const event = events.at(-1) ?? born;
  return { before, event, after: customer.evolve(before, event) };
}

/** The entries of the last of these events alone. */
function described(...events: readonly CustomerEvent[]) {
  const { before, event, after } = moment(...events);
  return describe('cust_1', event, { before, after });
}

/** The entries that it causes on its arrival. */
function arrived(...events: readonly CustomerEvent[]) {
  const { before, event, after } = moment(...events);
  return arrivedAt(before, event, after);
}
function arrivedAt(before: CustomerState, event: CustomerEvent, after: CustomerState) {
  const envelope = { actor: { channel: 'API' }, correlation_id: 'request-1' };
  return activitiesOf('cust_1', { event, recorded: { id: 'event-1' }, envelope }, { before, after });
}
const types = (...events: readonly CustomerEvent[]): string[] => described(...events).map(({ type }) => type);

const order = (type: 'OrderPlaced' | 'OrderChanged', data: object): CustomerEvent => ({
  type,
  occurred_at: at(2),
  data: { id: 'o1', ...data },
});
const tier = (day: number, loyalty_tier: { id: string } | null): CustomerEvent => ({
  type: 'LoyaltyTierChanged',
  occurred_at: at(day),
  data: { campaign, loyalty_tier },
});
const points = (kind: 'earned' | 'expired' | 'adjusted' | 'transferred'): CustomerEvent => ({
  type: 'LoyaltyPointsChanged',
  occurred_at: at(2),
  data: { kind, campaign, voucher, points: 5, transaction_id: 't1' },
});

test('the first statement about an order is its creation, and a separate entry when it reports another change', () => {
  const types = (data: object): string[] => arrived(order('OrderPlaced', data)).map(({ type }) => type);
  expect(types({ told_as: 'created' })).toEqual(['customer.order.created']);
  expect(types({ told_as: 'paid', status: 'PAID' })).toEqual(['customer.order.created', 'customer.order.paid']);
  expect(types({ told_as: 'updated', status: 'PAID' })).toEqual(['customer.order.created', 'customer.order.updated']);
});

test('a later statement of the creation of an order is an update', () => {
  const placed = order('OrderPlaced', { told_as: 'paid', status: 'PAID' });
  const created = order('OrderChanged', { told_as: 'created', amount: 5 });
  expect(arrived(placed, created)).toMatchObject([
    { type: 'customer.order.updated', payload: { order: { id: 'o1', status: 'PAID', amount: 5 } } },
  ]);
});

test('an order event of version 0.1.0 reports its status', () => {
  const placed = order('OrderPlaced', { status: 'PAID' });
  expect(arrived(placed).map(({ type }) => type)).toEqual(['customer.order.created', 'customer.order.paid']);
  expect(types(placed, order('OrderChanged', { status: 'FULFILLED' }))).toEqual(['customer.order.fulfilled']);
  expect(types(placed, order('OrderChanged', { amount: 5 }))).toEqual(['customer.order.updated']);
});

test('an entry shows the stated fields of an order, a message its whole state', () => {
  const placed = order('OrderPlaced', { told_as: 'paid', status: 'PAID', amount: 5 });
  const changed = order('OrderChanged', { told_as: 'updated', source_id: 's1' });
  expect(described(placed, changed)).toMatchObject([
    { payload: { order: { id: 'o1', source_id: 's1', object: 'order' } } },
  ]);
  expect(described(placed, changed)[0]?.payload).not.toHaveProperty('order.amount');
  expect(arrived(placed, changed)).toMatchObject([
    { payload: { order: { source_id: 's1', status: 'PAID', amount: 5 } } },
  ]);
});

test('a mention creates a customer; a statement about the person has an entry too, unless it is the creation', () => {
  const first = (data: object): CustomerEvent =>
    ({ type: 'CustomerCreated', occurred_at: at(1), data }) as CustomerEvent;
  const types = (data: object): string[] => {
    const event = first({ created_at: at(1), ...data });
    return arrivedAt(customer.initial, event, customer.evolve(customer.initial, event)).map(({ type }) => type);
  };
  expect(types({ implicit: true, source_id: 's1' })).toEqual(['customer.created']);
  expect(types({ created: true, name: 'Ada' })).toEqual(['customer.created']);
  expect(types({ created: false, name: 'Ada' })).toEqual(['customer.created', 'customer.updated']);
  expect(types({ name: 'Ada' })).toEqual(['customer.created']);
});

test('a tier is joined, left, changed for another one, or repeated', () => {
  expect(types(tier(2, { id: 'gold' }))).toEqual(['customer.loyalty.tier.joined']);
  expect(types(tier(2, { id: 'gold' }), tier(3, null))).toEqual(['customer.loyalty.tier.left']);
  expect(described(tier(2, { id: 'silver' }), tier(3, { id: 'gold' }))).toMatchObject([
    { type: 'customer.loyalty.tier.left', payload: { loyalty_tier: { id: 'silver' } } },
    { type: 'customer.loyalty.tier.joined', payload: { loyalty_tier: { id: 'gold' } } },
  ]);
  expect(types(tier(2, { id: 'gold' }), tier(3, { id: 'gold' }))).toEqual(['customer.loyalty.updated']);
});

test('a late tier is compared with the one before its time', () => {
  expect(types(tier(2, { id: 'gold' }), tier(4, null), tier(3, { id: 'gold' }))).toEqual(['customer.loyalty.updated']);
  expect(types(tier(4, { id: 'gold' }), tier(3, { id: 'gold' }))).toEqual(['customer.loyalty.tier.joined']);
});

test('points tell their movement and their campaign', () => {
  expect(described(points('earned'))).toMatchObject([
    {
      type: 'customer.voucher.loyalty_card.points_added',
      campaign_id: 'camp_1',
      campaign_type: 'LOYALTY_PROGRAM',
      payload: { balance: { points: 5 }, transaction: { id: 't1' } },
    },
  ]);
  expect(types(points('expired'))).toEqual(['customer.voucher.loyalty_card.points_expired']);
  expect(types(points('adjusted'))).toEqual(['customer.loyalty.updated']);
  expect(types(points('transferred'))).toEqual(['customer.voucher.loyalty_card.points_transferred']);
});

test('consents given and revoked at once are two entries', () => {
  expect(
    described({ type: 'ConsentChanged', occurred_at: at(2), data: { consents: { news: true, mail: false } } }),
  ).toMatchObject([
    { type: 'customer.consents.given', payload: { consents: [{ id: 'news', object: 'consent' }] } },
    { type: 'customer.consents.revoked', payload: { consents: [{ id: 'mail', object: 'consent' }] } },
  ]);
});

const consents = (day: number, changes: Readonly<Record<string, boolean>>): CustomerEvent => ({
  type: 'ConsentChanged',
  occurred_at: at(day),
  data: { consents: changes },
});

test('a consent that repeats what stood right before tells nothing, unless everything was denied between', () => {
  expect(described(consents(2, { news: true }), consents(3, { news: true, mail: true }))).toMatchObject([
    { type: 'customer.consents.given', payload: { consents: [{ id: 'mail', object: 'consent' }] } },
  ]);
  expect(described(consents(2, { news: true }), consents(3, { news: true }))).toEqual([]);
  expect(types(consents(2, { news: true }), consents(3, { unsubscribed: true }), consents(4, { news: true }))).toEqual([
    'customer.consents.given',
  ]);
});

test('a repeated unsubscription has an entry when it ends a consent given since', () => {
  const [out, news] = [{ unsubscribed: true }, { news: true }];
  expect(types(consents(2, out), consents(3, news), consents(4, out))).toEqual(['customer.consents.given']);
  expect(types(consents(2, out), consents(3, { ...news, ...out }))).toEqual(['customer.consents.given']);
  expect(types(consents(2, out), consents(3, news), consents(3, out))).toEqual(['customer.consents.given']);
  expect(types(consents(2, out), consents(3, news), consents(4, out), consents(5, out))).toEqual([]);
  expect(types(consents(2, out), consents(3, news), consents(4, { news: false }), consents(5, out))).toEqual([]);
  // two unsubscriptions at one time both end the consent
  expect(types(consents(2, out), consents(3, news), consents(4, out), consents(4, out))).toEqual([
    'customer.consents.given',
  ]);
});

test('a credit has no entry', () => {
  const data = { campaign, referee_id: 'cust_2' };
  expect(types({ type: 'ReferralCredited', occurred_at: at(2), data })).toEqual([]);
});

test('a redemption shows the campaign of its voucher', () => {
  const redeemed = {
    id: 'r1',
    result: 'SUCCESS',
    voucher: { id: 'v1', type: 'DISCOUNT_VOUCHER', campaign_id: 'camp_2' },
  } as const;
  expect(described({ type: 'RedemptionRecorded', occurred_at: at(2), data: redeemed })).toMatchObject([
    {
      type: 'customer.redemption.succeeded',
      campaign_id: 'camp_2',
      campaign_type: 'DISCOUNT_COUPONS',
      payload: { redemption: { id: 'r1' }, campaign: { id: 'camp_2' } },
    },
  ]);
});

test('a rollback shows the order and voucher of its redemption, when that is known', () => {
  const voucher = { id: 'v1', type: 'LOYALTY_CARD', campaign_id: 'camp_2', campaign: 'Points' } as const;
  const redeemed = { id: 'r1', result: 'SUCCESS', voucher, order: { id: 'o1' } } as const;
  const rollback: CustomerEvent = {
    type: 'RedemptionRolledBack',
    occurred_at: at(3),
    data: { id: 'rr1', redemption: 'r1', result: 'FAILURE' },
  };
  expect(described({ type: 'RedemptionRecorded', occurred_at: at(2), data: redeemed }, rollback)).toEqual([
    {
      type: 'customer.redemption.rollback.failed',
      slot: 0,
      campaign_id: 'camp_2',
      campaign_type: 'LOYALTY_PROGRAM',
      payload: {
        order: { id: 'o1' },
        campaign: { id: 'camp_2', name: 'Points' },
        voucher,
        redemption: { id: 'r1', object: 'redemption' },
        redemption_rollback: { id: 'rr1', redemption: 'r1', result: 'FAILURE', object: 'redemption_rollback' },
      },
    },
  ]);
  expect(described(rollback)).toMatchObject([{ payload: { redemption: { id: 'r1' } } }]);
});

test('a referral shows the referrer by id alone', () => {
  const data = { referrer: { id: 'cust_2', source_id: 'secret' }, campaign, redemption: { id: 'r1' } };
  expect(JSON.stringify(described({ type: 'CustomerReferred', occurred_at: at(2), data }))).not.toContain('secret');
});

test('a deletion and an erasure have no entry', () => {
  expect(types({ type: 'CustomerDeleted', occurred_at: at(2), data: {} })).toEqual([]);
  expect(types({ type: 'CustomerErased', occurred_at: at(2), data: {} })).toEqual([]);
});
