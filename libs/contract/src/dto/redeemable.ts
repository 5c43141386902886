import { IsCount, IsId, IsMetadata, IsOneOf } from '../decorators.js';
import { limits } from '../limits.js';

const ORDERS = ['id', '-id'] as const;

/** The query of GET /v1/customers/{id}/redeemables. It cannot sort by the date a card was given, which is unknown. */
export class RedeemablesQuery {
  @IsCount({ max: limits.page_size_max, default: limits.page_size_default }) limit!: number;
  @IsOneOf(ORDERS, { optional: true, default: 'id' }) order!: (typeof ORDERS)[number];
  @IsId({ optional: true }) starting_after_id?: string;
  /** `filters[<field>][conditions][<operator>]` and `filters[junction]`. */
  @IsMetadata({ optional: true }) filters?: object;
}
