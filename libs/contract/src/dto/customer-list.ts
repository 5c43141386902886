import { IsCount, IsId, IsInstant, IsNested, IsOneOf, IsText } from '../decorators.js';
import { limits } from '../limits.js';

const ORDERS = ['created_at', '-created_at', 'updated_at', '-updated_at', 'source_id', '-source_id'] as const;
export type CustomerOrder = (typeof ORDERS)[number];

/** A time between two instants, both exclusive. */
export class TimeRange {
  @IsInstant({ optional: true }) before?: string;
  @IsInstant({ optional: true }) after?: string;
}

/** The query of GET /v1/customers. */
export class CustomerListQuery {
  @IsCount({ max: limits.page_size_max, default: limits.page_size_default }) limit!: number;
  @IsCount({ max: limits.page_max, default: 1 }) page!: number;
  @IsText({ optional: true }) email?: string;
  @IsText({ optional: true }) city?: string;
  @IsText({ optional: true }) name?: string;
  @IsId({ optional: true }) segment_id?: string;
  @IsNested(TimeRange, { optional: true }) created_at?: TimeRange;
  @IsNested(TimeRange, { optional: true }) updated_at?: TimeRange;
  @IsOneOf(ORDERS, { optional: true, default: '-created_at' }) order!: CustomerOrder;
  /** A cursor: items before it in descending order, after it in ascending order. */
  @IsInstant({ optional: true }) starting_after?: string;
}
