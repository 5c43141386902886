import { type CustomerState, shown, toDocument } from '#customer';
import {
  type Activity,
  type ActivityKey,
  type Change,
  type ChangeOf,
  type DataOf,
  type Described,
  type EventType,
  type Known,
  type Statement,
  withoutName,
} from './activity.js';
import { inCampaign, inCampaignOf } from './campaign.js';
import { CONSENTS, consentsChanged, describeConsents } from './consent.js';
import { describeCard, describeGift, describePending, describePoints, describeSpending } from './loyalty.js';
import { describeOrder } from './order.js';
import { describeProfile } from './profile.js';
import { describeRedemption, describeRollback, rollbacksChanged, rollbacksOf } from './redemption.js';
import { describeTier, nextTierChanged, tiersOf } from './tier.js';
import type { ActivityType } from './types.js';

/** Describes one type of event, and names the activities that depend on others. */
interface Row<T extends EventType> {
  /** A line for `docs/events.md`. */
  readonly says: string;
  readonly describe: (change: Change<T>) => readonly Described[];
  /** True for an event that follows from others, or ends everything: it does not show that the customer exists. */
  readonly is_derived?: true;
  /** True where the log says what comes first, not what was said. */
  readonly in_log_order?: true;
  /** Finds its activity again, because later statements may change it. */
  readonly object?: (data: DataOf<T>) => string;
  /** Activities of other statements that it changes. */
  readonly changed?: (change: Change<T>) => readonly ActivityKey[];
  /** Objects of these activities that the event itself names: a batch loads them at once. */
  readonly ahead?: (data: DataOf<T>) => readonly string[];
}

const silent = (): readonly Described[] => [];

/** One row for each type of event; a missing type does not compile. */
const EVENTS: { readonly [T in EventType]: Row<T> } = {
  CustomerCreated: {
    says: 'the customer is known from `created_at` (`implicit` when another fact named it)',
    describe: describeProfile,
  },
  CustomerUpdated: { says: 'what was said of the person', describe: describeProfile },
  CustomerBackdated: {
    says: "another customer's fact named this one at an earlier time than any before",
    describe: silent,
  },
  // a customer who is gone has no activity
  CustomerDeleted: { says: 'gone for readers', describe: silent, is_derived: true },
  CustomerErased: { says: 'gone for good: the key is destroyed as well', describe: silent, is_derived: true },
  OrderPlaced: { says: 'an order, the first time it is seen', describe: describeOrder('OrderPlaced') },
  OrderChanged: { says: 'the same order later (or earlier)', describe: describeOrder('OrderChanged') },
  RedemptionRecorded: {
    says: 'an attempt and its `result`',
    describe: describeRedemption,
    changed: rollbacksChanged,
    ahead: ({ id }) => [rollbacksOf(id)],
  },
  RedemptionRolledBack: {
    says: 'an attempt to take it back and its `result`',
    describe: describeRollback,
    object: ({ redemption }) => rollbacksOf(redemption),
  },
  ValidationRecorded: {
    says: 'vouchers or promotions applied, or not',
    describe: ({ data }) => [
      {
        type: data.valid ? 'customer.validation.succeeded' : 'customer.validation.failed',
        payload: { validation: data },
      },
    ],
  },
  PublicationRecorded: {
    says: 'a campaign or a voucher was published to the customer (`result`), or could not be',
    describe: describePublication,
  },
  LoyaltyPointsChanged: { says: '`kind`: earned, expired, adjusted, transferred', describe: describePoints },
  LoyaltyPointsSpent: { says: 'points spent, by a redemption or on their own', describe: describeSpending },
  PendingPointsChanged: { says: '`kind`: added, activated, canceled', describe: describePending },
  CardAvailabilityChanged: { says: 'a card was switched on or off', describe: describeCard },
  LoyaltyTierChanged: {
    says: 'the tier in a campaign, or null',
    describe: describeTier,
    object: tiersOf,
    changed: nextTierChanged,
  },
  GiftCreditsChanged: { says: 'credits put on a gift card', describe: describeGift },
  CustomerReferred: { says: 'this customer came through the referrer', describe: describeReferral },
  // these follow from the events of another customer
  ReferralCredited: {
    says: 'whether the referee now names this customer in a campaign, by which name, and as of which turn of the referee',
    describe: silent,
    is_derived: true,
  },
  ReferrerResolved: {
    says: 'the id of another system by which a referral named its referrer leads to that customer; shown as `referrer_id` from then on',
    describe: silent,
    is_derived: true,
  },
  SegmentEntered: {
    says: "a segment's filter holds; at the time when it began to. Follows from the rest: moves no `updated_at`",
    describe: describeMembership('customer.segment.entered'),
    is_derived: true,
    in_log_order: true,
  },
  SegmentLeft: {
    says: "a segment's filter no longer holds; as above",
    describe: describeMembership('customer.segment.left'),
    is_derived: true,
    in_log_order: true,
  },
  ConsentChanged: {
    says: 'consent id to given or not',
    describe: describeConsents,
    object: () => CONSENTS,
    changed: consentsChanged,
  },
  CustomEventRecorded: { says: "something under a name of the sender's own", describe: describeCustomEvent },
};

const rowOf = (type: EventType): Row<EventType> => EVENTS[type] as unknown as Row<EventType>;

export const saysOf = (type: EventType): string => rowOf(type).says;

export const isDerived = (type: EventType): boolean => rowOf(type).is_derived === true;
export const isInLogOrder = (type: EventType): boolean => rowOf(type).in_log_order === true;

/** The activities of one event by itself; the creation of a customer or of an order has an activity of its own. */
export function describe(customer_id: string, { type, data, occurred_at }: Statement, known: Known): Activity[] {
  const change = { customer_id, data: withoutName(data), occurred_at, known };
  return rowOf(type)
    .describe(change)
    .map((one) => ({ slot: 0, ...one }));
}

/** The object by which the activity of a statement is found again, where others may change it. */
export const objectOf = ({ type, data }: Statement): string | undefined => rowOf(type).object?.(data);

/** The activities of other statements that an event changes. */
export const changedBy = (
  customer_id: string,
  { type, data, occurred_at }: Statement,
  before: CustomerState,
  after: CustomerState,
): readonly ActivityKey[] => rowOf(type).changed?.({ customer_id, data, occurred_at, known: { before, after } }) ?? [];

/** The objects of activities that an event is sure to look at. */
export const objectsAhead = ({ type, data }: Statement): readonly string[] => rowOf(type).ahead?.(data) ?? [];

function describePublication({ data, occurred_at }: Change<'PublicationRecorded'>): Described[] {
  const { campaign, voucher, ...rest } = data;
  return [
    {
      type: data.result === 'SUCCESS' ? 'customer.publication.succeeded' : 'customer.publication.failed',
      payload: {
        campaign,
        publication: { ...rest, campaign, voucher, created_at: shown(occurred_at), object: 'publication' },
      },
      ...inCampaignOf(campaign, voucher),
    },
  ];
}

function describeReferral({ data }: Change<'CustomerReferred'>): Described[] {
  const { referrer, campaign, redemption, custom_event } = data;
  return [
    {
      type: 'customer.referred',
      // only the id: other data of the referrer must not outlive them here
      payload: { referrer: { id: referrer.id, object: 'customer' }, campaign, redemption, custom_event },
      ...inCampaign(campaign, 'REFERRAL_PROGRAM'),
    },
  ];
}

/** Contract 4.2: the whole customer at the time of the change, which no sender describes. */
function describeMembership(type: ActivityType) {
  return ({ customer_id, data, known }: ChangeOf<DataOf<'SegmentEntered'>>): Described[] => [
    {
      type,
      payload: { customer: toDocument(customer_id, known.before), segment: { ...data.segment, object: 'segment' } },
    },
  ];
}

function describeCustomEvent({ customer_id, data, occurred_at }: Change<'CustomEventRecorded'>): Described[] {
  return [
    {
      type: 'customer.custom_event',
      payload: {
        event: {
          ...data,
          object: 'event',
          customer: { id: customer_id, object: 'customer' },
          created_at: shown(occurred_at),
        },
        event_schema: { name: data.type },
        referral: data.referral,
        loyalty: data.loyalty,
      },
    },
  ];
}
