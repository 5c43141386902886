import { IsCount, IsId, IsInstant, IsOneOf, IsText } from '../decorators.js';
import { limits } from '../limits.js';

const ORDERS = ['created_at', '-created_at'] as const;
const CAMPAIGN_TYPES = [
  'PROMOTION',
  'GIFT_VOUCHERS',
  'REFERRAL_PROGRAM',
  'DISCOUNT_COUPONS',
  'LOYALTY_PROGRAM',
] as const;
const CATEGORIES = ['ACTION', 'EFFECT'] as const;

/** The query of the deprecated GET /v1/customers/{id}/activities. */
export class ActivitiesQuery {
  @IsCount({ max: limits.page_size_max, default: limits.page_size_default }) limit!: number;
  @IsOneOf(ORDERS, { optional: true, default: '-created_at' }) order!: (typeof ORDERS)[number];
  @IsInstant({ optional: true }) starting_after?: string;
  @IsId({ optional: true }) starting_after_id?: string;
  @IsInstant({ optional: true }) start_date?: string;
  @IsInstant({ optional: true }) end_date?: string;
  @IsId({ optional: true }) campaign_id?: string;
  @IsOneOf(CAMPAIGN_TYPES, { optional: true }) campaign_type?: (typeof CAMPAIGN_TYPES)[number];
}

/** The query of GET /v1/customers/{id}/activity. */
export class ActivityQuery {
  @IsCount({ max: limits.page_size_max, default: limits.page_size_default }) limit!: number;
  @IsOneOf(ORDERS, { optional: true, default: '-created_at' }) order!: (typeof ORDERS)[number];
  @IsId({ optional: true }) starting_after_id?: string;
  @IsInstant({ optional: true }) start_date?: string;
  @IsInstant({ optional: true }) end_date?: string;
  @IsId({ optional: true }) campaign_id?: string;
  @IsOneOf(CAMPAIGN_TYPES, { optional: true }) campaign_type?: (typeof CAMPAIGN_TYPES)[number];
  @IsOneOf(CATEGORIES, { optional: true }) category?: (typeof CATEGORIES)[number];
  /** Name of an event type; an unknown name matches nothing. */
  @IsText({ optional: true }) type?: string;
}
