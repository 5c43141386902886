import { IsMetadata, IsNested, IsText } from '../decorators.js';
import type { JsonObject } from '../json.js';
import { limits } from '../limits.js';
import { CustomerBody } from './customer.js';

/** The body of POST /v1/events. */
export class EventBody {
  /** The name of the event. */
  @IsText({ min: 1, max: limits.event_name_length_max }) event!: string;
  /** The customer, created or updated with the event. */
  @IsNested(CustomerBody) customer!: CustomerBody;
  @IsMetadata({ nullish: true }) metadata?: JsonObject;
  @IsMetadata({ nullish: true }) referral?: JsonObject;
  @IsMetadata({ nullish: true }) loyalty?: JsonObject;
}
