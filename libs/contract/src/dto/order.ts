import { IsCount, IsId, IsInstant, IsNested, IsOneOf } from '../decorators.js';
import { OrderFields } from '../facts/order.js';
import { limits } from '../limits.js';
import { CustomerBody } from './customer.js';

/** The body of POST and PUT. A known order does not need its customer. */
export class OrderBody extends OrderFields {
  @IsId({ nullish: true }) id?: string;
  /** Created or updated with the order. */
  @IsNested(CustomerBody, { nullish: true }) customer?: CustomerBody;
  /** The same as `customer: {id}`. */
  @IsId({ nullish: true }) customer_id?: string;
  /** Created or updated with the order, too. */
  @IsNested(CustomerBody, { nullish: true }) referrer?: CustomerBody;
}

const ORDERS = ['created_at', '-created_at'] as const;

/** The query of GET /v1/orders. */
export class OrderListQuery {
  @IsCount({ max: limits.page_size_max, default: limits.page_size_default }) limit!: number;
  @IsCount({ max: limits.page_max, default: 1 }) page!: number;
  @IsOneOf(ORDERS, { optional: true, default: '-created_at' }) order!: (typeof ORDERS)[number];
  /** Id or source id. */
  @IsId({ optional: true }) customer?: string;
  /** A cursor: items before it in descending order, after it in ascending order. */
  @IsInstant({ optional: true }) starting_after?: string;
}
