import { IsCount, IsFilter, IsId, IsIds, IsMetadata, IsOneOf, IsText } from '../decorators.js';
import { limits } from '../limits.js';

const TYPES = ['auto-update', 'passive', 'static'] as const;

/** The body of POST /v1/segments (contract 3.1). */
export class SegmentBody {
  @IsText({ min: 1 }) name!: string;
  /** Defaults to `static` with a list of customers and to `auto-update` with a filter. */
  @IsOneOf(TYPES, { optional: true }) type?: (typeof TYPES)[number];
  /** Null is allowed, because answers show a static segment with a null filter. */
  @IsFilter({ nullish: true }) filter?: object;
  /** Ids, for a static segment. */
  @IsIds({ max: limits.static_segment_customers_max, optional: true }) customers?: readonly string[];
}

/** The body of PUT /v1/segments/{id}: absent properties keep their values. */
export class SegmentChangeBody {
  @IsText({ min: 1, optional: true }) name?: string;
  @IsOneOf(TYPES, { optional: true }) type?: (typeof TYPES)[number];
  @IsFilter({ nullish: true }) filter?: object;
  /** Must equal the present list; any other is refused. */
  @IsIds({ max: limits.static_segment_customers_max, optional: true }) customers?: readonly string[];
}

const ORDERS = ['created_at', '-created_at'] as const;

/** The query of GET /v1/segments. */
export class SegmentListQuery {
  @IsCount({ max: limits.page_size_max, default: limits.page_size_default }) limit!: number;
  @IsCount({ max: limits.page_max, default: 1 }) page!: number;
  @IsOneOf(ORDERS, { optional: true, default: '-created_at' }) order!: (typeof ORDERS)[number];
  @IsOneOf(TYPES, { optional: true }) type?: (typeof TYPES)[number];
  @IsIds({ max: limits.page_size_max, orOne: true, optional: true }) ids?: readonly string[];
  /** `filters[<field>][conditions][<operator>]` and `filters[junction]`, on `id`, `name`, `type` and `created_at`. */
  @IsMetadata({ optional: true }) filters?: object;
  /** A segment's id: the page begins after it, and `page` is ignored. */
  @IsId({ optional: true }) starting_after?: string;
}

/** The body of POST /v1/segments/preview. */
export class SegmentPreviewBody {
  @IsFilter() filter!: object;
  /** The number of members in the answer. */
  @IsCount({ max: limits.page_size_max, default: limits.page_size_default }) limit!: number;
}

/** The query of GET /v1/segments/{id}/activities. */
export class SegmentActivityQuery {
  @IsCount({ max: limits.page_size_max, default: limits.page_size_default }) limit!: number;
  @IsOneOf(ORDERS, { optional: true, default: '-created_at' }) order!: (typeof ORDERS)[number];
  @IsId({ optional: true }) starting_after_id?: string;
}
