import { IsCount, IsMsUntil } from '../decorators.js';
import { limits } from '../limits.js';

/** The query of GET /v1/async-actions. */
export class AsyncActionListQuery {
  @IsCount({ max: limits.page_size_max, default: limits.page_size_default }) limit!: number;
  /** Created at or before this time. */
  @IsMsUntil({ optional: true }) end_date?: string;
}
