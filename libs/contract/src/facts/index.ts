import type { FactKind } from '#customer';
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

/** A type of fact: the kind of fact that it is, its data, and the values that the type implies. The data win over an implied value (an order's status); `told_as` never comes from data. */
export interface FactDefinition<T extends object, Implied extends object> {
  /** The rule that decides on it, see `libs/customer`; a profile and a referral have commands of their own. */
  readonly kind: FactKind | 'profile';
  readonly description: string;
  readonly data: Dto<T>;
  readonly implied: (event: { readonly id: string; readonly source: string }) => Implied;
}

const fact = <const Kind extends FactKind | 'profile', T extends object, const Implied extends object = object>(
  kind: Kind,
  description: string,
  data: Dto<T>,
  implied: Implied = {} as Implied,
) => ({ kind, description, data, implied: (): Implied => implied });

/** A custom event without an id of its own takes source and id of its CloudEvent. */
const customEvent = {
  kind: 'custom_event' as const,
  description: 'A custom event happened',
  data: CustomEventFact as Dto<CustomEventFact>,
  implied: ({ id, source }: { readonly id: string; readonly source: string }) => ({ id: `${source}#${id}` }),
};

/** Every accepted fact: CloudEvents type -> its data. */
export const facts = {
  'customer.created': fact('profile', 'A customer exists, possibly under an id of another system', ProfileFact, {
    created: true,
  }),
  'customer.updated': fact('profile', 'A customer changed; absent properties keep their values', ProfileFact, {
    created: false,
  }),
  'order.created': fact('order', 'An order was placed', OrderFact, { status: 'CREATED', told_as: 'created' }),
  'order.updated': fact('order', 'An order changed; absent properties keep their values', OrderFact, {
    told_as: 'updated',
  }),
  'order.processing': fact('order', 'An order is being processed', OrderFact, {
    status: 'PROCESSING',
    told_as: 'processing',
  }),
  'order.paid': fact('order', 'An order was paid', OrderFact, { status: 'PAID', told_as: 'paid' }),
  'order.fulfilled': fact('order', 'An order was fulfilled', OrderFact, { status: 'FULFILLED', told_as: 'fulfilled' }),
  'order.canceled': fact('order', 'An order was canceled', OrderFact, { status: 'CANCELED', told_as: 'canceled' }),
  'redemption.succeeded': fact('redemption', 'Something was redeemed', RedemptionFact, { result: 'SUCCESS' }),
  'redemption.failed': fact('redemption', 'Something could not be redeemed', RedemptionFact, { result: 'FAILURE' }),
  'redemption.rollback.succeeded': fact('rollback', 'A redemption was rolled back', RollbackFact, {
    result: 'SUCCESS',
  }),
  'redemption.rollback.failed': fact('rollback', 'A redemption could not be rolled back', RollbackFact, {
    result: 'FAILURE',
  }),
  'validation.succeeded': fact('validation', 'Vouchers or promotions apply', ValidationFact, { valid: true }),
  'validation.failed': fact('validation', 'Vouchers or promotions do not apply', ValidationFact, { valid: false }),
  'publication.succeeded': fact('publication', 'A campaign or a voucher was published to a customer', PublicationFact, {
    result: 'SUCCESS',
  }),
  'publication.failed': fact('publication', 'A campaign or a voucher could not be published', PublicationFact, {
    result: 'FAILURE',
  }),
  'voucher.gift.balance_added': fact('gift_credits', 'Credits were put on a gift card', GiftCreditsFact),
  'voucher.loyalty_card.points_added': fact('points', 'Points were earned', LoyaltyPointsFact, { kind: 'earned' }),
  'voucher.loyalty_card.points_spent': fact('spending', 'Points were spent', PointsSpentFact, { kind: 'spent' }),
  'voucher.loyalty_card.points_expired': fact('points', 'Points expired', LoyaltyPointsFact, { kind: 'expired' }),
  'voucher.loyalty_card.points_adjusted': fact('points', 'Points were corrected, up or down', PointsAdjustedFact, {
    kind: 'adjusted',
  }),
  'voucher.loyalty_card.points_transferred': fact('points', 'Points moved between two cards', PointsTransferredFact, {
    kind: 'transferred',
  }),
  'voucher.loyalty_card.pending_points.added': fact(
    'pending_points',
    'Points will be earned later',
    PendingPointsFact,
    {
      kind: 'added',
    },
  ),
  'voucher.loyalty_card.pending_points.activated': fact(
    'pending_points',
    'Pending points are earned now',
    PendingPointsFact,
    {
      kind: 'activated',
    },
  ),
  'voucher.loyalty_card.pending_points.canceled': fact(
    'pending_points',
    'Pending points will not be earned',
    PendingPointsFact,
    {
      kind: 'canceled',
    },
  ),
  'voucher.enabled': fact('card_availability', 'A card was enabled', CardAvailabilityFact, { available: true }),
  'voucher.disabled': fact('card_availability', 'A card was disabled', CardAvailabilityFact, { available: false }),
  'customer.loyalty.tier.changed': fact('tier', 'A customer entered or left a tier', TierFact),
  'customer.referred': fact('referral', 'A customer was referred by another one', ReferralFact),
  'customer.consents.given': fact('consents', 'Consents were given', ConsentFact, { given: true }),
  'customer.consents.revoked': fact('consents', 'Consents were revoked', ConsentFact, { given: false }),
  'customer.custom_event': customEvent,
} as const satisfies Readonly<Record<string, FactDefinition<object, object>>>;

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
