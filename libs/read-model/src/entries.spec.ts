import { expect, test } from '@jest/globals';
import { customer, type CustomerEvent } from '#customer';
import { entriesOf } from './entries.js';

const at = (day: number): string => `2026-01-0${day}T00:00:00.000Z`;
const born: CustomerEvent = {
  type: 'CustomerCreated',
  occurred_at: at(1),
  data: { source_id: 's1', created_at: at(1) },
};
const campaign = { id: 'camp_1', name: 'One' };
const voucher = { id: 'card_1', type: 'LOYALTY_CARD' };

/** What the last of these events tells. */
function told(...events: readonly CustomerEvent[]) {
  const before = events.slice(0, -1).reduce(customer.evolve, customer.evolve(customer.initial, born));
  const event = events.at(-1) ?? born;
  return entriesOf('cust_1', event, before, customer.evolve(before, event));
}
const types = (...events: readonly CustomerEvent[]): string[] => told(...events).map(({ type }) => type);

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

test('an order placed already paid was created and paid', () => {
  expect(types(order('OrderPlaced', {}))).toEqual(['customer.order.created']);
  expect(types(order('OrderPlaced', { status: 'PAID' }))).toEqual(['customer.order.created', 'customer.order.paid']);
});

test('a changed order tells its new status, else that it was updated', () => {
  const placed = order('OrderPlaced', { status: 'PAID' });
  expect(types(placed, order('OrderChanged', { status: 'FULFILLED' }))).toEqual(['customer.order.fulfilled']);
  expect(types(placed, order('OrderChanged', { amount: 5 }))).toEqual(['customer.order.updated']);
});

test('a tier is joined, left, or else changed', () => {
  expect(types(tier(2, { id: 'gold' }))).toEqual(['customer.loyalty.tier.joined']);
  expect(types(tier(2, { id: 'gold' }), tier(3, null))).toEqual(['customer.loyalty.tier.left']);
  expect(types(tier(2, { id: 'gold' }), tier(3, { id: 'silver' }))).toEqual(['customer.loyalty.updated']);
});

test('points tell their movement and their campaign', () => {
  expect(told(points('earned'))).toMatchObject([
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
    told({ type: 'ConsentChanged', occurred_at: at(2), data: { consents: { news: true, mail: false } } }),
  ).toMatchObject([
    { type: 'customer.consents.given', payload: { consents: [{ id: 'news', object: 'consent' }] } },
    { type: 'customer.consents.revoked', payload: { consents: [{ id: 'mail', object: 'consent' }] } },
  ]);
});

test('a redemption is of the campaign of its voucher', () => {
  const redeemed = {
    id: 'r1',
    result: 'SUCCESS',
    voucher: { id: 'v1', type: 'DISCOUNT_VOUCHER', campaign_id: 'camp_2' },
  } as const;
  expect(told({ type: 'RedemptionRecorded', occurred_at: at(2), data: redeemed })).toMatchObject([
    {
      type: 'customer.redemption.succeeded',
      campaign_id: 'camp_2',
      campaign_type: 'DISCOUNT_COUPONS',
      payload: { redemption: { id: 'r1' }, campaign: { id: 'camp_2' } },
    },
  ]);
});

test('a rollback is of what its redemption was of, when that is known', () => {
  const voucher = { id: 'v1', type: 'LOYALTY_CARD', campaign_id: 'camp_2', campaign: 'Points' } as const;
  const redeemed = { id: 'r1', result: 'SUCCESS', voucher, order: { id: 'o1' } } as const;
  const rollback: CustomerEvent = {
    type: 'RedemptionRolledBack',
    occurred_at: at(3),
    data: { id: 'rr1', redemption: 'r1', result: 'FAILURE' },
  };
  expect(told({ type: 'RedemptionRecorded', occurred_at: at(2), data: redeemed }, rollback)).toEqual([
    {
      type: 'customer.redemption.rollback.failed',
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
  expect(told(rollback)).toMatchObject([{ payload: { redemption: { id: 'r1' } } }]);
});

test('whoever referred is named by id alone', () => {
  const data = { referrer: { id: 'cust_2', source_id: 'secret' }, campaign, redemption: { id: 'r1' } };
  expect(JSON.stringify(told({ type: 'CustomerReferred', occurred_at: at(2), data }))).not.toContain('secret');
});

test('who is gone has nothing left to tell', () => {
  expect(types({ type: 'CustomerDeleted', occurred_at: at(2), data: {} })).toEqual([]);
  expect(types({ type: 'CustomerErased', occurred_at: at(2), data: {} })).toEqual([]);
});
