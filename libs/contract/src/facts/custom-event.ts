import type { FactOf } from '#customer';
import { IsId, IsMetadata, IsText } from '../decorators.js';
import type { JsonObject } from '../json.js';
import { limits } from '../limits.js';
import { CustomerReference, IsReference } from './references.js';

/** An event of the customer, with a name chosen by the sender. */
export class CustomEventFact implements Omit<FactOf<'custom_event'>, 'id'> {
  /** Defaults to source and id of the CloudEvent. */
  @IsId({ nullish: true }) id?: string;
  @IsText({ min: 1, max: limits.event_name_length_max }) type!: string;
  @IsMetadata({ nullish: true }) metadata?: JsonObject;
  @IsMetadata({ nullish: true }) referral?: JsonObject;
  @IsMetadata({ nullish: true }) loyalty?: JsonObject;
  @IsReference() customer!: CustomerReference;
}
