import { IsOneOf } from '../decorators.js';

const ANSWERS = ['true', 'false'] as const;

/** The query of GET /v1/customers/{id}/bundle. */
export class BundleQuery {
  /** `true` puts the customer's data key into the bundle. */
  @IsOneOf(ANSWERS, { optional: true, default: 'false' }) with_key!: (typeof ANSWERS)[number];
}
