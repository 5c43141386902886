import type { FactOf } from '#customer';
import { IsId, IsNested, IsPoints, IsSignedInteger, IsText } from '../decorators.js';
import { Transaction } from './gift.js';
import { CampaignReference, CustomerReference, IdReference, IsReference, VoucherReference } from './references.js';

export class PointsBalance {
  @IsPoints() points!: number;
}

export class SignedPointsBalance {
  @IsSignedInteger() points!: number;
}

/** The properties of all point movements; `voucher` is this customer's card. */
abstract class PointsFact {
  @IsReference() customer!: CustomerReference;
  @IsNested(CampaignReference) campaign!: CampaignReference;
  @IsNested(VoucherReference) voucher!: VoucherReference;
  @IsNested(Transaction) transaction!: Transaction;
}

/** Points earned or expired. */
export class LoyaltyPointsFact extends PointsFact implements Omit<FactOf<'points'>, 'kind'> {
  @IsNested(PointsBalance) balance!: PointsBalance;
}

export class PointsSpentFact extends LoyaltyPointsFact {
  @IsNested(IdReference, { nullish: true }) redemption?: IdReference;
}

export class PointsAdjustedFact extends PointsFact {
  @IsNested(SignedPointsBalance) balance!: SignedPointsBalance;
}

/** One side of a transfer. */
export class PointsTransferredFact extends LoyaltyPointsFact {
  @IsNested(IdReference) source_voucher!: IdReference;
  @IsNested(IdReference) destination_voucher!: IdReference;
}

export class PendingPoints {
  @IsId() id!: string;
  @IsPoints({ nullish: true }) points?: number;
}

/** Points that wait to be activated. */
export class PendingPointsFact implements Omit<FactOf<'pending_points'>, 'kind'> {
  @IsReference() customer!: CustomerReference;
  @IsNested(CampaignReference) campaign!: CampaignReference;
  @IsNested(VoucherReference) voucher!: VoucherReference;
  @IsNested(PendingPoints) pending_points!: PendingPoints;
  @IsNested(IdReference, { nullish: true }) order?: IdReference;
}

/** A card was enabled or disabled. */
export class CardAvailabilityFact implements Omit<FactOf<'card_availability'>, 'available'> {
  @IsReference() customer!: CustomerReference;
  @IsNested(VoucherReference) voucher!: VoucherReference;
  @IsNested(CampaignReference, { nullish: true }) campaign?: CampaignReference;
}

export class Tier {
  @IsId() id!: string;
  @IsText({ nullish: true }) name?: string;
}

/** The tier that a customer has in a campaign from now on; null for none. */
export class TierFact implements FactOf<'tier'> {
  @IsReference() customer!: CustomerReference;
  @IsNested(CampaignReference) campaign!: CampaignReference;
  @IsNested(Tier, { nullable: true }) loyalty_tier!: Tier | null;
}
