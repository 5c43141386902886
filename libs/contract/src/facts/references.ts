import { IsId, IsNested, IsOneOf, IsText } from '../decorators.js';
import { NeedsOneOf } from '../field.js';
import type { Presence } from '../kind.js';

/** A customer, named by id or by source id; the id wins. */
@NeedsOneOf('id', 'source_id')
export class CustomerReference {
  @IsId({ nullish: true }) id?: string;
  @IsId({ nullish: true }) source_id?: string;
}

/** The customer that a fact is about. */
export const IsReference = (presence?: Presence): PropertyDecorator => IsNested(CustomerReference, presence);

/** Anything known by its id alone. */
export class IdReference {
  @IsId() id!: string;
}

@NeedsOneOf('id', 'name')
export class CampaignReference {
  @IsId({ nullish: true }) id?: string;
  @IsText({ nullish: true, min: 1 }) name?: string;
}

export const VOUCHER_TYPES = ['GIFT_VOUCHER', 'LOYALTY_CARD', 'DISCOUNT_VOUCHER'] as const;
export type VoucherType = (typeof VOUCHER_TYPES)[number];

export class VoucherReference {
  @IsId() id!: string;
  @IsText({ nullish: true }) code?: string;
  @IsOneOf(VOUCHER_TYPES, { nullish: true }) type?: VoucherType;
}
