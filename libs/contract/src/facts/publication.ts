import type { FactOf } from '#customer';
import { IsId, IsMetadata, IsNested, IsText } from '../decorators.js';
import type { JsonObject } from '../json.js';
import { limits } from '../limits.js';
import { CampaignReference, CustomerReference, IsReference, VoucherReference } from './references.js';

/** A campaign or a voucher that was published to a customer, or could not be. */
export class PublicationFact implements Omit<FactOf<'publication'>, 'result'> {
  @IsId() id!: string;
  @IsNested(CampaignReference, { nullish: true }) campaign?: CampaignReference;
  @IsNested(VoucherReference, { nullish: true }) voucher?: VoucherReference;
  @IsText({ nullish: true }) channel?: string;
  @IsText({ nullish: true }) failure_code?: string;
  @IsText({ nullish: true, max: limits.long_text_length_max }) failure_message?: string;
  @IsMetadata({ nullish: true }) metadata?: JsonObject;
  @IsReference() customer!: CustomerReference;
}
