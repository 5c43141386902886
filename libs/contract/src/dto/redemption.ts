import { IsCount, IsId, IsNested, IsOneOf, IsText } from '../decorators.js';
import { limits } from '../limits.js';
import { TimeRange } from './customer-list.js';

const ORDERS = ['created_at', '-created_at'] as const;
const RESULTS = ['SUCCESS', 'FAILURE'] as const;

/** The query of GET /v1/vouchers/{code}/redemption. */
export class VoucherRedemptionsQuery {
  @IsCount({ max: limits.page_size_max, default: limits.page_size_max }) limit!: number;
  @IsCount({ max: limits.page_max, default: 1 }) page!: number;
}

/** The query of GET /v1/redemptions. */
export class RedemptionListQuery {
  @IsCount({ max: limits.page_size_max, default: limits.page_size_default }) limit!: number;
  @IsCount({ max: limits.page_max, default: 1 }) page!: number;
  @IsOneOf(ORDERS, { optional: true, default: '-created_at' }) order!: (typeof ORDERS)[number];
  /** Id or source id. */
  @IsId({ optional: true }) customer?: string;
  @IsOneOf(RESULTS, { optional: true }) result?: (typeof RESULTS)[number];
  /** Name of a campaign. */
  @IsText({ optional: true }) campaign?: string;
  @IsNested(TimeRange, { optional: true }) created_at?: TimeRange;
}
