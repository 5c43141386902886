import type { FactOf } from '#customer';
import { IsId, IsMetadata, IsObjects } from '../decorators.js';
import type { JsonObject } from '../json.js';
import { limits } from '../limits.js';
import { CustomerReference, IsReference } from './references.js';

/** A check of vouchers or promotions. */
export class ValidationFact implements Omit<FactOf<'validation'>, 'valid'> {
  @IsId() id!: string;
  @IsId({ nullish: true }) tracking_id?: string;
  @IsMetadata({ nullish: true }) metadata?: JsonObject;
  @IsMetadata({ nullish: true }) voucher?: JsonObject;
  @IsObjects({ max: limits.redeemables_max, nullish: true }) redeemables?: readonly JsonObject[];
  @IsReference() customer!: CustomerReference;
}
