import { IsOneOf } from '../decorators.js';

const ANSWERS = ['true', 'false'] as const;

/** The query of GET /v1/customers/{id}/bundle. */
export class BundleQuery {
  /** Whether the customer's data key is in the bundle. */
  @IsOneOf(ANSWERS, { optional: true, default: 'false' }) with_key!: (typeof ANSWERS)[number];
}
