import { IsCount, IsId, IsInstant, IsMoment, IsOneOf, IsRevision, IsText } from '../decorators.js';
import { limits } from '../limits.js';

/** The query of GET /v1/customers/{id}: the state known at a moment, or the state by business time with today's knowledge. */
export class CustomerQuery {
  @IsMoment({ optional: true }) as_of?: string;
  @IsInstant({ optional: true }) happened_as_of?: string;
}

const ORDERS = ['revision', '-revision'] as const;

/** The query of GET /v1/customers/{id}/history. */
export class HistoryQuery {
  /** An event type, such as OrderPlaced. */
  @IsText({ optional: true }) type?: string;
  /** Recorded at or after this time. */
  @IsInstant({ optional: true }) from?: string;
  /** Recorded at or before this time. */
  @IsInstant({ optional: true }) to?: string;
  /** The source of the facts, or source and id with a space between them. */
  @IsText({ max: limits.origin_length_max, optional: true }) origin?: string;
  /** A channel or the name of an API key. */
  @IsText({ optional: true }) actor?: string;
  @IsCount({ max: limits.history_page_size_max, default: limits.history_page_size_default }) limit!: number;
  @IsOneOf(ORDERS, { optional: true, default: 'revision' }) order!: (typeof ORDERS)[number];
  @IsRevision({ optional: true }) starting_after?: string;
}

const CLOCKS = ['recorded', 'happened'] as const;

/** The query of GET /v1/customers/{id}/diff. */
export class DiffQuery {
  @IsMoment() from!: string;
  /** Defaults to now. */
  @IsMoment({ optional: true }) to?: string;
  @IsOneOf(CLOCKS, { optional: true, default: 'recorded' }) clock!: (typeof CLOCKS)[number];
}

/** The query of GET /v1/customers/{id}/explain. */
export class ExplainQuery {
  /** A JSON Pointer or a dotted name; everything by default. */
  @IsText({ max: limits.long_text_length_max, optional: true }) path?: string;
  @IsMoment({ optional: true }) as_of?: string;
}

/** The query of GET /v1/access-log. */
export class AccessLogQuery {
  @IsId({ optional: true }) customer_id?: string;
  /** The name of the API key that read. */
  @IsText({ optional: true }) key?: string;
  /** Method and route, such as `GET /v1/customers/:ref/history`. */
  @IsText({ optional: true }) call?: string;
  @IsInstant({ optional: true }) from?: string;
  @IsInstant({ optional: true }) to?: string;
  @IsCount({ max: limits.history_page_size_max, default: limits.history_page_size_default }) limit!: number;
  @IsOneOf(ORDERS, { optional: true, default: '-revision' }) order!: (typeof ORDERS)[number];
  @IsRevision({ optional: true }) starting_after?: string;
}
