import { IsCount, IsFilter, IsOneOf } from '../decorators.js';
import type { JsonObject } from '../json.js';
import { limits } from '../limits.js';

const EXPORTED = ['customer', 'order', 'redemption'] as const;
const ORDERS = ['created_at', '-created_at', 'status', '-status'] as const;

/** The body of POST /v1/exports; the exported object decides which `parameters` are allowed. */
export class ExportBody {
  @IsOneOf(EXPORTED) exported_object!: (typeof EXPORTED)[number];
  @IsFilter({ nullish: true }) parameters?: JsonObject;
}

/** The query of GET /v1/exports. */
export class ExportListQuery {
  @IsCount({ max: limits.page_size_max, default: limits.page_size_default }) limit!: number;
  @IsCount({ max: limits.page_max, default: 1 }) page!: number;
  @IsOneOf(ORDERS, { optional: true, default: '-created_at' }) order!: (typeof ORDERS)[number];
}
