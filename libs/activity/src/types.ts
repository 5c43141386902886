import type { JsonSchema } from '#encoding';
import { data } from './schemas.js';

export interface TypeOfActivity {
  /** ACTION: something was done; EFFECT: something follows from it. */
  readonly category: 'ACTION' | 'EFFECT';
  readonly summary: string;
  /** The schema of its data, as in contract section 4. */
  readonly data: JsonSchema;
  /** False for a type that feeds and webhooks tell, and no list of a customer shows. */
  readonly is_listed?: false;
}

const action = (summary: string, data: JsonSchema): TypeOfActivity => ({ category: 'ACTION', summary, data });
const effect = (summary: string, data: JsonSchema): TypeOfActivity => ({ category: 'EFFECT', summary, data });

/**
 * The types of contract 4.2 that this ledger knows. Activities of one instant are listed in this order, in whatever order
 * facts came: stored rows are sorted by it, so a new type goes to the end.
 */
export const ACTIVITY_TYPES = {
  'customer.created': action('The customer was created', data.customer),
  'customer.updated': action('The customer changed', data.customer),
  'customer.consents.given': action('Consents were given', data.consents),
  'customer.consents.revoked': action('Consents were revoked', data.consents),
  'customer.order.created': action('An order was seen for the first time', data.order),
  'customer.order.updated': action('Another part of an order changed', data.order),
  'customer.order.processing': action('An order is being processed', data.order),
  'customer.order.paid': action('An order was paid', data.order),
  'customer.order.fulfilled': action('An order was fulfilled', data.order),
  'customer.order.canceled': action('An order was canceled', data.order),
  'customer.redemption.succeeded': action('A redemption succeeded', data.redemption),
  'customer.redemption.failed': action('A redemption failed', data.redemption),
  'customer.redemption.rollback.succeeded': action('A redemption was rolled back', data.rollback),
  'customer.redemption.rollback.failed': action('The rollback of a redemption failed', data.rollback),
  'customer.validation.succeeded': action('Vouchers or promotions apply', data.validation),
  'customer.validation.failed': action('Vouchers or promotions do not apply', data.validation),
  'customer.publication.succeeded': action('A campaign or a voucher was published to the customer', data.publication),
  'customer.publication.failed': action('A campaign or a voucher could not be published', data.publication),
  'customer.referred': action('Another customer referred this one', data.referral),
  'customer.custom_event': action('A custom event, with a type of its sender', data.customEvent),
  'customer.loyalty.updated': effect(
    'Another change in a loyalty campaign: points adjusted or spent, a card enabled or disabled, a tier reported again',
    data.loyalty,
  ),
  'customer.loyalty.tier.left': effect('The customer has this tier no longer', data.tier),
  'customer.loyalty.tier.joined': effect('The customer has this tier from now on', data.tier),
  'customer.segment.entered': effect('The customer entered a segment', data.segment),
  'customer.segment.left': effect('The customer left a segment', data.segment),
  'customer.voucher.gift.balance_added': effect('Credits were added to a gift card', data.gift),
  'customer.voucher.loyalty_card.points_added': effect('Points were earned', data.points),
  'customer.voucher.loyalty_card.points_expired': effect('Points expired', data.points),
  'customer.voucher.loyalty_card.points_transferred': effect('Points moved between two cards', data.transfer),
  'customer.voucher.loyalty_card.pending_points.added': effect('Points will be earned later', data.pendingPoints),
  'customer.voucher.loyalty_card.pending_points.activated': effect('Pending points are earned now', data.pendingPoints),
  'customer.voucher.loyalty_card.pending_points.canceled': effect(
    'Pending points will not be earned',
    data.pendingPoints,
  ),
  // a customer who is gone has no list
  'customer.deleted': { ...action('The customer is gone', data.customer), is_listed: false },
} as const satisfies Readonly<Record<string, TypeOfActivity>>;

export type ActivityType = keyof typeof ACTIVITY_TYPES;

export const isActivityType = (type: string): type is ActivityType => Object.hasOwn(ACTIVITY_TYPES, type);

const RANKS: ReadonlyMap<string, number> = new Map(Object.keys(ACTIVITY_TYPES).map((type, rank) => [type, rank]));
export const rankOf = (type: ActivityType): number => RANKS.get(type) ?? 0;
export type CampaignType = 'DISCOUNT_COUPONS' | 'GIFT_VOUCHERS' | 'LOYALTY_PROGRAM' | 'REFERRAL_PROGRAM' | 'PROMOTION';
