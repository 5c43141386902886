import type { Dto } from '../kind.js';
import { ConsentFact } from './consent.js';
import { CustomEventFact } from './custom-event.js';
import { GiftCreditsFact } from './gift.js';
import {
  CardAvailabilityFact,
  LoyaltyPointsFact,
  PendingPointsFact,
  PointsAdjustedFact,
  PointsSpentFact,
  PointsTransferredFact,
  TierFact,
} from './loyalty.js';
import { OrderFact } from './order.js';
import { ProfileFact } from './profile.js';
import { PublicationFact } from './publication.js';
import { RedemptionFact, RollbackFact } from './redemption.js';
import { ReferralFact } from './referral.js';
import { ValidationFact } from './validation.js';

/** A fact type with the values that it implies. The data win over an implied value (an order's status); `told_as` never comes from data. */
export interface FactKind<T extends object, Implied extends object> {
  readonly description: string;
  readonly data: Dto<T>;
  readonly implied: (event: { readonly id: string; readonly source: string }) => Implied;
}

const fact = <T extends object, const Implied extends object = object>(
  description: string,
  data: Dto<T>,
  implied: Implied = {} as Implied,
): FactKind<T, Implied> => ({ description, data, implied: () => implied });

/** A custom event without an id of its own takes source and id of its CloudEvent. */
const customEvent: FactKind<CustomEventFact, { readonly id: string }> = {
  description: 'A custom event happened',
  data: CustomEventFact,
  implied: ({ id, source }) => ({ id: `${source}#${id}` }),
};

/** Every accepted fact: CloudEvents type -> its data. */
export const facts = {
  'customer.created': fact('A customer exists, possibly under an id of another system', ProfileFact, { created: true }),
  'customer.updated': fact('A customer changed; absent properties keep their values', ProfileFact, {
    created: false,
  }),
  'order.created': fact('An order was placed', OrderFact, { status: 'CREATED', told_as: 'created' }),
  'order.updated': fact('An order changed; absent properties keep their values', OrderFact, { told_as: 'updated' }),
  'order.processing': fact('An order is being processed', OrderFact, { status: 'PROCESSING', told_as: 'processing' }),
  'order.paid': fact('An order was paid', OrderFact, { status: 'PAID', told_as: 'paid' }),
  'order.fulfilled': fact('An order was fulfilled', OrderFact, { status: 'FULFILLED', told_as: 'fulfilled' }),
  'order.canceled': fact('An order was canceled', OrderFact, { status: 'CANCELED', told_as: 'canceled' }),
  'redemption.succeeded': fact('Something was redeemed', RedemptionFact, { result: 'SUCCESS' }),
  'redemption.failed': fact('Something could not be redeemed', RedemptionFact, { result: 'FAILURE' }),
  'redemption.rollback.succeeded': fact('A redemption was rolled back', RollbackFact, { result: 'SUCCESS' }),
  'redemption.rollback.failed': fact('A redemption could not be rolled back', RollbackFact, { result: 'FAILURE' }),
  'validation.succeeded': fact('Vouchers or promotions apply', ValidationFact, { valid: true }),
  'validation.failed': fact('Vouchers or promotions do not apply', ValidationFact, { valid: false }),
  'publication.succeeded': fact('A campaign or a voucher was published to a customer', PublicationFact, {
    result: 'SUCCESS',
  }),
  'publication.failed': fact('A campaign or a voucher could not be published', PublicationFact, { result: 'FAILURE' }),
  'voucher.gift.balance_added': fact('Credits were put on a gift card', GiftCreditsFact),
  'voucher.loyalty_card.points_added': fact('Points were earned', LoyaltyPointsFact, { kind: 'earned' }),
  'voucher.loyalty_card.points_spent': fact('Points were spent', PointsSpentFact, { kind: 'spent' }),
  'voucher.loyalty_card.points_expired': fact('Points expired', LoyaltyPointsFact, { kind: 'expired' }),
  'voucher.loyalty_card.points_adjusted': fact('Points were corrected, up or down', PointsAdjustedFact, {
    kind: 'adjusted',
  }),
  'voucher.loyalty_card.points_transferred': fact('Points moved between two cards', PointsTransferredFact, {
    kind: 'transferred',
  }),
  'voucher.loyalty_card.pending_points.added': fact('Points will be earned later', PendingPointsFact, {
    kind: 'added',
  }),
  'voucher.loyalty_card.pending_points.activated': fact('Pending points are earned now', PendingPointsFact, {
    kind: 'activated',
  }),
  'voucher.loyalty_card.pending_points.canceled': fact('Pending points will not be earned', PendingPointsFact, {
    kind: 'canceled',
  }),
  'voucher.enabled': fact('A card was enabled', CardAvailabilityFact, { available: true }),
  'voucher.disabled': fact('A card was disabled', CardAvailabilityFact, { available: false }),
  'customer.loyalty.tier.changed': fact('A customer entered or left a tier', TierFact),
  'customer.referred': fact('A customer was referred by another one', ReferralFact),
  'customer.consents.given': fact('Consents were given', ConsentFact, { given: true }),
  'customer.consents.revoked': fact('Consents were revoked', ConsentFact, { given: false }),
  'customer.custom_event': customEvent,
} as const satisfies Readonly<Record<string, FactKind<object, object>>>;

export type FactType = keyof typeof facts;
export const factTypes = Object.keys(facts) as readonly FactType[];

/** The input of a rule: the data, and the values that the type implies. */
export type FactInput<T extends FactType> = Normalized<
  InstanceType<(typeof facts)[T]['data']>,
  ReturnType<(typeof facts)[T]['implied']>
>;
type Normalized<Data, Implied> = Omit<Data, keyof Implied> & {
  readonly [K in keyof Implied]: Implied[K] | (K extends keyof Data ? NonNullable<Data[K]> : never);
};
