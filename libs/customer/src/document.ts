import { giftOperands, pointsOperands } from './card-account.js';
import { consentsChangedAt, systemMetadata } from './consent.js';
import type { CustomerState, Head } from './customer.js';
import { type Instant, later, shown } from './instant.js';
import { loyaltyBlock } from './loyalty.js';
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
    referrals: referralBlock(head.referrals, id, head.profile),
    ...shownDates(head),
    object: 'customer',
  };
}

function summaryOf({ redemptions, orders, cards }: Head): object {
  return {
    redemptions: {
      ...redemptionSummary(redemptions),
      gift: { redeemed_amount: cards.gift.redeemed, amount_to_go: cards.gift.to_go },
      loyalty_card: { redeemed_points: cards.loyalty.redeemed, points_to_go: cards.loyalty.to_go },
    },
    orders: orderSummary(orders),
  };
}

/** Path -> the operands of each figure of a document that is no sum. */
export function operandsOf({ head, entities }: CustomerState): ReadonlyMap<Path, object> {
  return new Map<Path, object>([
    ...Object.entries(orderOperands(head.orders)).map(
      ([name, one]) => [pointer(['summary', 'orders', name]), one] as const,
    ),
    [
      '/summary/redemptions/gift/amount_to_go',
      { cards: giftOperands(entities), rule: 'sum(max(0, added - redeemed))' },
    ],
    [
      '/summary/redemptions/loyalty_card/points_to_go',
      { cards: pointsOperands(entities), rule: 'sum(max(0, granted - spent)) of what is available' },
    ],
  ]);
}

interface Dates {
  readonly created_at?: Instant;
  readonly updated_at?: Instant;
}

/** `updated_at` is absent until something happened after the creation. */
export function datesOf({ profile: { birth }, latest_at, consents }: Head): Dates {
  const created_at = birth?.created_at;
  const changed_at = consentsChangedAt(consents);
  const updated_at = changed_at === undefined ? latest_at : later(latest_at, changed_at);
  const isUpdated = created_at !== undefined && updated_at !== undefined && updated_at > created_at;
  return { ...(created_at !== undefined && { created_at }), ...(isUpdated && { updated_at }) };
}

function shownDates(head: Head): object {
  const { created_at, updated_at } = datesOf(head);
  return {
    ...(created_at !== undefined && { created_at: shown(created_at) }),
    ...(updated_at !== undefined && { updated_at: shown(updated_at) }),
  };
}

/** True when every number of the state and of its document is an exact integer. */
export const isExact = ({ head: { orders, redemptions, cards, gifts, loyalty } }: CustomerState): boolean =>
  [
    orders.amount,
    gifts.added,
    loyalty.points,
    ...figures(redemptions),
    ...figures(cards.gift),
    ...figures(cards.loyalty),
  ].every((figure) => Number.isSafeInteger(figure));

const figures = (sums: object): unknown[] => Object.values(sums);
