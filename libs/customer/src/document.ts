import { systemMetadata } from './consent.js';
import type { CustomerState, Head } from './customer.js';
import type { Instant } from './fold.js';
import { giftAmountToGo, giftOperands } from './gift.js';
import { loyaltyBlock, pointsOperands, pointsToGo } from './loyalty.js';
import { total } from './merge.js';
import { orderOperands, orderSummary } from './order.js';
import { type Path, pointer } from './paths.js';
import { addressOf, metadataOf, profileFields } from './profile.js';
import { redemptionSummary } from './redemption.js';
import { referralBlock } from './referral.js';

/** The contract's customer object (sections 1.1 to 1.3), without `assets`. */
export interface CustomerDocument {
  readonly id: string;
  readonly [field: string]: unknown;
}

/** Renders an active customer; a key is present exactly when the contract says so. */
export function toDocument(id: string, { head }: Pick<CustomerState, 'head'>): CustomerDocument {
  return {
    id,
    ...profileFields(head.profile),
    address: addressOf(head.profile),
    summary: summaryOf(head),
    loyalty: loyaltyBlock(head.loyalty),
    ...metadataOf(head.profile),
    system_metadata: systemMetadata(head.consents),
    referrals: referralBlock(head.referrals),
    ...dates(head),
    object: 'customer',
  };
}

function summaryOf({ redemptions, orders, loyalty, gifts }: Head): object {
  return {
    redemptions: {
      ...redemptionSummary(redemptions),
      gift: {
        redeemed_amount: total(Object.values(redemptions.credits)),
        amount_to_go: giftAmountToGo(gifts, redemptions.credits),
      },
      loyalty_card: {
        redeemed_points: total(Object.values(redemptions.points)),
        points_to_go: pointsToGo(loyalty, redemptions.points),
      },
    },
    orders: orderSummary(orders),
  };
}

/** What the figures of a document that are no sums were computed from, by path. */
export function operandsOf({ head }: CustomerState): ReadonlyMap<Path, object> {
  const { orders, redemptions, loyalty, gifts } = head;
  return new Map<Path, object>([
    ...Object.entries(orderOperands(orders)).map(([name, one]) => [pointer(['summary', 'orders', name]), one] as const),
    [
      '/summary/redemptions/gift/amount_to_go',
      { cards: giftOperands(gifts, redemptions.credits), rule: 'sum(max(0, added - redeemed))' },
    ],
    [
      '/summary/redemptions/loyalty_card/points_to_go',
      { cards: pointsOperands(loyalty, redemptions.points), rule: 'sum(max(0, granted - spent)) of what is available' },
    ],
  ]);
}

/** `updated_at` is absent until something happened after the creation. */
function dates({ profile: { birth }, latest_at }: Head): { created_at?: Instant; updated_at?: Instant } {
  const created_at = birth?.created_at;
  const isUpdated = created_at !== undefined && latest_at !== undefined && latest_at > created_at;
  return { ...(created_at !== undefined && { created_at }), ...(isUpdated && { updated_at: latest_at }) };
}

/** Whether every number of the state and of its document is an exact integer. */
export const isExact = ({ head }: CustomerState): boolean =>
  [head.orders, head.redemptions, head.loyalty, head.gifts, summaryOf(head), loyaltyBlock(head.loyalty)].every(allSafe);

function allSafe(value: unknown): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(allSafe);
}
