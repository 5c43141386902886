import type { FactOf } from '#customer';
import { IsId, IsNestedList, IsText } from '../decorators.js';
import { limits } from '../limits.js';
import { CustomerReference, IsReference } from './references.js';

export class Consent {
  /** The id of a consent, or `unsubscribed`. */
  @IsId() id!: string;
  @IsText({ nullish: true }) name?: string;
}

/** FactOf<'consents'> given or revoked together. */
export class ConsentFact implements Omit<FactOf<'consents'>, 'given'> {
  @IsReference() customer!: CustomerReference;
  @IsNestedList(Consent, { max: limits.consents_max }) consents!: readonly Consent[];
}
