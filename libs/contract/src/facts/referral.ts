import { IsId, IsInstant, IsNested, IsText } from '../decorators.js';
import { NeedsOneOf } from '../field.js';
import { CustomerReference, IdReference, IsReference } from './references.js';

export class ReferralCampaign {
  @IsId() id!: string;
  @IsText({ nullish: true, min: 1 }) name?: string;
}

/** A customer was referred by another one, through a redemption or a custom event. */
@NeedsOneOf('redemption', 'custom_event')
export class ReferralFact {
  @IsReference() customer!: CustomerReference;
  @IsReference() referrer!: CustomerReference;
  @IsNested(ReferralCampaign) campaign!: ReferralCampaign;
  @IsNested(IdReference, { nullish: true }) redemption?: IdReference;
  @IsNested(IdReference, { nullish: true }) custom_event?: IdReference;
  @IsInstant({ nullish: true }) date?: string;
}
