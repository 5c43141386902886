import { type CampaignReference, shown } from '#customer';
import type { Change, DataOf, Described } from './activity.js';
import { inCampaign } from './campaign.js';
import type { ActivityType } from './types.js';

const POINTS_TYPES: Readonly<Record<DataOf<'LoyaltyPointsChanged'>['kind'], ActivityType>> = {
  earned: 'customer.voucher.loyalty_card.points_added',
  expired: 'customer.voucher.loyalty_card.points_expired',
  adjusted: 'customer.loyalty.updated',
  transferred: 'customer.voucher.loyalty_card.points_transferred',
};

export function describePoints({ data, occurred_at }: Change<'LoyaltyPointsChanged'>): Described[] {
  const { kind, campaign, voucher, points, source_voucher, destination_voucher } = data;
  const payload = {
    campaign,
    voucher,
    balance: { points },
    transaction: transaction(data),
    source_voucher,
    destination_voucher,
    created_at: shown(occurred_at),
  };
  return [{ type: POINTS_TYPES[kind], payload, ...inCampaign(campaign, 'LOYALTY_PROGRAM') }];
}

export function describeSpending({ data, occurred_at }: Change<'LoyaltyPointsSpent'>): Described[] {
  const { campaign, voucher, points, redemption } = data;
  const payload = {
    voucher,
    balance: { points },
    transaction: transaction(data),
    redemption,
    created_at: shown(occurred_at),
  };
  return [loyaltyUpdated(campaign, payload)];
}

export function describePending({ data: { kind, ...payload } }: Change<'PendingPointsChanged'>): Described[] {
  return [
    {
      type: `customer.voucher.loyalty_card.pending_points.${kind}`,
      payload,
      ...inCampaign(payload.campaign, 'LOYALTY_PROGRAM'),
    },
  ];
}

export function describeCard({ data, occurred_at }: Change<'CardAvailabilityChanged'>): Described[] {
  const { campaign, voucher, available } = data;
  if (voucher.type !== 'LOYALTY_CARD') return [];
  return [loyaltyUpdated(campaign, { voucher: { ...voucher, active: available }, created_at: shown(occurred_at) })];
}

export function describeGift({ data }: Change<'GiftCreditsChanged'>): Described[] {
  const { campaign, voucher, amount } = data;
  return [
    {
      type: 'customer.voucher.gift.balance_added',
      payload: { campaign, voucher, balance: { amount }, transaction: transaction(data) },
      ...inCampaign(campaign, 'GIFT_VOUCHERS'),
    },
  ];
}

export const loyaltyUpdated = (campaign: Partial<CampaignReference> | undefined, payload: object): Described => ({
  type: 'customer.loyalty.updated',
  payload: { campaign, ...payload },
  ...inCampaign(campaign, 'LOYALTY_PROGRAM'),
});

interface Transaction {
  readonly transaction_id: string;
  readonly reason?: string;
}

const transaction = ({ transaction_id: id, reason }: Transaction): object => ({ id, reason });
