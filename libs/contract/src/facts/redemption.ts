import type { FactOf } from '#customer';
import {
  IsId,
  IsInstant,
  IsMetadata,
  IsMinorUnits,
  IsNested,
  IsPoints,
  IsSignedInteger,
  IsText,
} from '../decorators.js';
import type { JsonObject } from '../json.js';
import { limits } from '../limits.js';
import { CustomerReference, IdReference, IsReference, VoucherReference } from './references.js';

export class RedeemedCredits {
  @IsMinorUnits() amount!: number;
}

export class RedeemedPoints {
  @IsPoints() points!: number;
}

export class RedeemedVoucher extends VoucherReference {
  /** Name of the campaign. */
  @IsText({ nullish: true }) campaign?: string;
  @IsId({ nullish: true }) campaign_id?: string;
}

/** An attempt to redeem. One that names another as `redemption` is part of it. */
export class RedemptionFact implements Omit<FactOf<'redemption'>, 'result'> {
  @IsId() id!: string;
  @IsInstant({ nullish: true }) date?: string;
  @IsMinorUnits({ nullish: true }) amount?: number;
  @IsId({ optional: true, nullable: true }) redemption?: string | null;
  @IsId({ nullish: true }) tracking_id?: string;
  @IsText({ nullish: true }) failure_code?: string;
  @IsText({ nullish: true, max: limits.long_text_length_max }) failure_message?: string;
  @IsMetadata({ nullish: true }) metadata?: JsonObject;
  @IsNested(IdReference, { nullish: true }) order?: IdReference;
  @IsNested(RedeemedCredits, { nullish: true }) gift?: RedeemedCredits;
  @IsNested(RedeemedPoints, { nullish: true }) loyalty_card?: RedeemedPoints;
  @IsNested(RedeemedVoucher, { nullish: true }) voucher?: RedeemedVoucher;
  @IsReference() customer!: CustomerReference;
}

export class RolledBackCredits {
  @IsSignedInteger() amount!: number;
}

export class RolledBackPoints {
  @IsSignedInteger() points!: number;
}

/** An attempt to roll a redemption back; amounts may be negative, as the contract writes them. */
export class RollbackFact implements Omit<FactOf<'rollback'>, 'result'> {
  @IsId() id!: string;
  @IsId() redemption!: string;
  @IsInstant({ nullish: true }) date?: string;
  @IsSignedInteger({ nullish: true }) amount?: number;
  @IsText({ nullish: true, max: limits.long_text_length_max }) reason?: string;
  @IsNested(RolledBackCredits, { nullish: true }) gift?: RolledBackCredits;
  @IsNested(RolledBackPoints, { nullish: true }) loyalty_card?: RolledBackPoints;
  @IsReference() customer!: CustomerReference;
}
