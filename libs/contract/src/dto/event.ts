import { IsMetadata, IsNested, IsText } from '../decorators.js';
import type { JsonObject } from '../json.js';
import { limits } from '../limits.js';
import { CustomerBody } from './customer.js';

/** The body of POST /v1/events. */
export class EventBody {
  /** Its name. */
  @IsText({ min: 1, max: limits.event_name_length_max }) event!: string;
  /** Created or updated with it. */
  @IsNested(CustomerBody) customer!: CustomerBody;
  @IsMetadata({ nullish: true }) metadata?: JsonObject;
  @IsMetadata({ nullish: true }) referral?: JsonObject;
  @IsMetadata({ nullish: true }) loyalty?: JsonObject;
}
