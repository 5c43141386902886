import type { FactOf } from '#customer';
import { IsId, IsNested, IsSignedInteger, IsText } from '../decorators.js';
import { limits } from '../limits.js';
import { CampaignReference, CustomerReference, IsReference, VoucherReference } from './references.js';

export class Transaction {
  @IsId() id!: string;
  @IsText({ nullish: true, max: limits.long_text_length_max }) reason?: string;
}

export class CreditsBalance {
  /** Minor units; negative takes credits away. */
  @IsSignedInteger() amount!: number;
}

/** Credits put on a gift card. */
export class GiftCreditsFact implements FactOf<'gift_credits'> {
  @IsReference() customer!: CustomerReference;
  @IsNested(CampaignReference, { nullish: true }) campaign?: CampaignReference;
  @IsNested(VoucherReference) voucher!: VoucherReference;
  @IsNested(CreditsBalance) balance!: CreditsBalance;
  @IsNested(Transaction) transaction!: Transaction;
}
