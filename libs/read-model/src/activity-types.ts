/**
 * The activity types of contract 4.2 that this ledger emits, with their categories. Entries of one instant are listed
 * in this order, independent of the order of arrival.
 */
export const CATEGORY = {
  'customer.created': 'ACTION',
  'customer.updated': 'ACTION',
  'customer.consents.given': 'ACTION',
  'customer.consents.revoked': 'ACTION',
  'customer.order.created': 'ACTION',
  'customer.order.updated': 'ACTION',
  'customer.order.processing': 'ACTION',
  'customer.order.paid': 'ACTION',
  'customer.order.fulfilled': 'ACTION',
  'customer.order.canceled': 'ACTION',
  'customer.redemption.succeeded': 'ACTION',
  'customer.redemption.failed': 'ACTION',
  'customer.redemption.rollback.succeeded': 'ACTION',
  'customer.redemption.rollback.failed': 'ACTION',
  'customer.validation.succeeded': 'ACTION',
  'customer.validation.failed': 'ACTION',
  'customer.publication.succeeded': 'ACTION',
  'customer.publication.failed': 'ACTION',
  'customer.referred': 'ACTION',
  'customer.custom_event': 'ACTION',
  'customer.loyalty.updated': 'EFFECT',
  'customer.loyalty.tier.left': 'EFFECT',
  'customer.loyalty.tier.joined': 'EFFECT',
  'customer.segment.entered': 'EFFECT',
  'customer.segment.left': 'EFFECT',
  'customer.voucher.gift.balance_added': 'EFFECT',
  'customer.voucher.loyalty_card.points_added': 'EFFECT',
  'customer.voucher.loyalty_card.points_expired': 'EFFECT',
  'customer.voucher.loyalty_card.points_transferred': 'EFFECT',
  'customer.voucher.loyalty_card.pending_points.added': 'EFFECT',
  'customer.voucher.loyalty_card.pending_points.activated': 'EFFECT',
  'customer.voucher.loyalty_card.pending_points.canceled': 'EFFECT',
} as const;

export type ActivityType = keyof typeof CATEGORY;

const RANKS: ReadonlyMap<string, number> = new Map(Object.keys(CATEGORY).map((type, rank) => [type, rank]));
export const rankOf = (type: ActivityType): number => RANKS.get(type) ?? 0;
export type CampaignType = 'DISCOUNT_COUPONS' | 'GIFT_VOUCHERS' | 'LOYALTY_PROGRAM' | 'REFERRAL_PROGRAM' | 'PROMOTION';
