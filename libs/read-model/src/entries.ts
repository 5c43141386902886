import { type CustomerEvent, type CustomerState, orderedAt, orderStatus, toDocument } from '#customer';
import type { Entry } from './activities.js';
import type { ActivityType, CampaignType } from './activity-types.js';

type Type = CustomerEvent['type'];
type DataOf<T extends Type> = Extract<CustomerEvent, { readonly type: T }>['data'];

type Moment<T extends Type> = Change<DataOf<T>>;
interface Change<Data> {
  readonly customer_id: string;
  readonly data: Data;
  readonly occurred_at: string;
  readonly before: CustomerState;
  readonly after: CustomerState;
}

/** What each event tells; an event of which nothing is said here does not compile. */
const tellers: { readonly [T in Type]: (moment: Moment<T>) => readonly Entry[] } = {
  CustomerCreated: (moment) => [{ type: 'customer.created', payload: { customer: asOf(moment) } }],
  CustomerUpdated: (moment) => [{ type: 'customer.updated', payload: { customer: asOf(moment) } }],
  CustomerBackdated: () => [],
  // who is gone has no activity any more
  CustomerDeleted: () => [],
  CustomerErased: () => [],
  OrderPlaced: orderEntries,
  OrderChanged: orderEntries,
  RedemptionRecorded: redemptionEntries,
  RedemptionRolledBack: rollbackEntries,
  ValidationRecorded: ({ data }) => [
    {
      type: data.valid ? 'customer.validation.succeeded' : 'customer.validation.failed',
      payload: { validation: data },
    },
  ],
  PublicationRecorded: ({ data: { campaign, voucher, ...data }, occurred_at }) => [
    {
      type: data.result === 'SUCCESS' ? 'customer.publication.succeeded' : 'customer.publication.failed',
      payload: {
        campaign,
        publication: { ...data, campaign, voucher, created_at: occurred_at, object: 'publication' },
      },
      ...within(campaign, VOUCHER_CAMPAIGNS[voucher?.type ?? '']),
    },
  ],
  LoyaltyPointsChanged: pointsEntries,
  LoyaltyPointsSpent: ({ data: { campaign, voucher, points, redemption, ...data }, occurred_at }) => [
    loyaltyUpdated(campaign, {
      voucher,
      balance: { points },
      transaction: transaction(data),
      redemption,
      created_at: occurred_at,
    }),
  ],
  PendingPointsChanged: ({ data: { kind, ...payload } }) => [
    {
      type: `customer.voucher.loyalty_card.pending_points.${kind}`,
      payload,
      ...within(payload.campaign, 'LOYALTY_PROGRAM'),
    },
  ],
  CardAvailabilityChanged: ({ data: { campaign, voucher, available }, occurred_at }) =>
    voucher.type === 'LOYALTY_CARD'
      ? [loyaltyUpdated(campaign, { voucher: { ...voucher, active: available }, created_at: occurred_at })]
      : [],
  LoyaltyTierChanged: tierEntries,
  GiftCreditsChanged: ({ data: { campaign, voucher, amount, ...data } }) => [
    {
      type: 'customer.voucher.gift.balance_added',
      payload: { campaign, voucher, balance: { amount }, transaction: transaction(data) },
      ...within(campaign, 'GIFT_VOUCHERS'),
    },
  ],
  CustomerReferred: ({ data: { referrer, campaign, redemption, custom_event } }) => [
    {
      type: 'customer.referred',
      // by id alone: what else is known of the referrer must not outlive them here
      payload: { referrer: { id: referrer.id, object: 'customer' }, campaign, redemption, custom_event },
      ...within(campaign, 'REFERRAL_PROGRAM'),
    },
  ],
  ReferralCredited: ({ data: { campaign }, occurred_at }) => [
    { ...loyaltyUpdated(campaign, { created_at: occurred_at }), ...within(campaign, 'REFERRAL_PROGRAM') },
  ],
  SegmentEntered: (moment) => [segmentEntry('customer.segment.entered', moment)],
  SegmentLeft: (moment) => [segmentEntry('customer.segment.left', moment)],
  ConsentChanged: consentEntries,
  CustomEventRecorded: ({ customer_id, data, occurred_at }) => [
    {
      type: 'customer.custom_event',
      payload: {
        event: { ...data, object: 'event', customer: { id: customer_id, object: 'customer' }, created_at: occurred_at },
        event_schema: { name: data.type },
        referral: data.referral,
        loyalty: data.loyalty,
      },
    },
  ],
};

/** What one event tells about a customer, in the order in which it came about. */
export function entriesOf(
  customer_id: string,
  event: CustomerEvent,
  before: CustomerState,
  after: CustomerState,
): readonly Entry[] {
  const tell = tellers[event.type] as (moment: unknown) => readonly Entry[];
  return tell({ customer_id, data: event.data, occurred_at: event.occurred_at, before, after });
}

const segmentEntry = (type: ActivityType, moment: Moment<'SegmentEntered'>): Entry => ({
  type,
  payload: { customer: asOf(moment), segment: { ...moment.data.segment, object: 'segment' } },
});

const asOf = ({ customer_id, after }: Change<unknown>): object => toDocument(customer_id, after);

const STATUS_ENTRIES: Readonly<Record<string, ActivityType>> = {
  PROCESSING: 'customer.order.processing',
  PAID: 'customer.order.paid',
  FULFILLED: 'customer.order.fulfilled',
  CANCELED: 'customer.order.canceled',
};

/** Placed already paid is two things; a change that leaves the status alone is an update. */
function orderEntries({ data: { id }, before, after }: Moment<'OrderPlaced' | 'OrderChanged'>): readonly Entry[] {
  const [was, is] = [before.entities.get('order', id), after.entities.get('order', id)];
  if (!is) return [];
  const status = orderStatus(is);
  const order = { id, ...is.values, status, created_at: orderedAt(is), updated_at: is.last_at, object: 'order' };
  const reached = was && orderStatus(was) === status ? undefined : STATUS_ENTRIES[status];
  const told: ActivityType[] = was
    ? [reached ?? 'customer.order.updated']
    : ['customer.order.created', ...(reached ? [reached] : [])];
  return told.map((type) => ({ type, payload: { order } }));
}

const VOUCHER_CAMPAIGNS: Readonly<Record<string, CampaignType>> = {
  DISCOUNT_VOUCHER: 'DISCOUNT_COUPONS',
  GIFT_VOUCHER: 'GIFT_VOUCHERS',
  LOYALTY_CARD: 'LOYALTY_PROGRAM',
};

type Redeemed = Pick<DataOf<'RedemptionRecorded'>, 'order' | 'voucher'>;

/** What an entry about a redemption tells of what it was of. */
function redeemed({ order, voucher }: Redeemed, payload: object): Omit<Entry, 'type'> {
  const { campaign_id: id, campaign: name } = voucher ?? {};
  const campaign = id === undefined && name === undefined ? undefined : { id, name };
  return {
    payload: { order, campaign, voucher, ...payload },
    ...within(campaign, VOUCHER_CAMPAIGNS[voucher?.type ?? '']),
  };
}

function redemptionEntries({ data }: Moment<'RedemptionRecorded'>): readonly Entry[] {
  const type = data.result === 'SUCCESS' ? 'customer.redemption.succeeded' : 'customer.redemption.failed';
  return [{ type, ...redeemed(data, { redemption: { ...data, object: 'redemption' } }) }];
}

/** A rollback is of what its redemption was of, as far as that was told before. */
function rollbackEntries({ data, after }: Moment<'RedemptionRolledBack'>): readonly Entry[] {
  const { redemption } = after.entities.get('redemption', data.redemption) ?? {};
  const type = data.result === 'SUCCESS' ? 'customer.redemption.rollback.succeeded' : 'customer.redemption.rollback.failed'; // prettier-ignore
  const payload = {
    redemption: { id: data.redemption, object: 'redemption' },
    redemption_rollback: { ...data, object: 'redemption_rollback' },
  };
  return [{ type, ...redeemed(redemption?.values ?? {}, payload) }];
}

const POINTS_ENTRIES: Readonly<Record<DataOf<'LoyaltyPointsChanged'>['kind'], ActivityType>> = {
  earned: 'customer.voucher.loyalty_card.points_added',
  expired: 'customer.voucher.loyalty_card.points_expired',
  adjusted: 'customer.loyalty.updated',
  transferred: 'customer.voucher.loyalty_card.points_transferred',
};

function pointsEntries({ data, occurred_at }: Moment<'LoyaltyPointsChanged'>): readonly Entry[] {
  const { kind, campaign, voucher, points, source_voucher, destination_voucher } = data;
  const balance = { points };
  const payload = {
    campaign,
    voucher,
    balance,
    transaction: transaction(data),
    source_voucher,
    destination_voucher,
    created_at: occurred_at,
  };
  return [{ type: POINTS_ENTRIES[kind], payload, ...within(campaign, 'LOYALTY_PROGRAM') }];
}

const transaction = ({
  transaction_id,
  reason,
}: {
  readonly transaction_id: string;
  readonly reason?: string;
}): object => ({
  id: transaction_id,
  reason,
});

type Campaigns = CustomerState['head']['loyalty']['campaigns'];

/** Tiers have no order here, so going from one to another is neither up nor down. */
function tierEntries({
  data: { campaign, loyalty_tier },
  occurred_at,
  before,
  after,
}: Moment<'LoyaltyTierChanged'>): readonly Entry[] {
  const [was, is] = changedCampaign(before.head.loyalty.campaigns, after.head.loyalty.campaigns).map(
    (one) => one?.said.values.loyalty_tier,
  );
  if (!was && is) {
    const payload = { campaign, loyalty_tier: is, created_at: occurred_at };
    return [{ type: 'customer.loyalty.tier.joined', payload, ...within(campaign, 'LOYALTY_PROGRAM') }];
  }
  if (was && !is) {
    const payload = { campaign, loyalty_tier: was, created_at: occurred_at };
    return [{ type: 'customer.loyalty.tier.left', payload, ...within(campaign, 'LOYALTY_PROGRAM') }];
  }
  return [loyaltyUpdated(campaign, { loyalty_tier, created_at: occurred_at })];
}

function changedCampaign(before: Campaigns, after: Campaigns): (Campaigns[string] | undefined)[] {
  const previous = new Map(Object.entries(before));
  const [key, is] = Object.entries(after).find(([known, one]) => previous.get(known) !== one) ?? [];
  return [previous.get(key ?? ''), is];
}

function consentEntries({ data }: Moment<'ConsentChanged'>): readonly Entry[] {
  const all = Object.entries(data.consents);
  const told = [
    { type: 'customer.consents.given' as const, value: true },
    { type: 'customer.consents.revoked' as const, value: false },
  ];
  return told.flatMap(({ type, value }) => {
    const consents = all.filter(([, given]) => given === value).map(([id]) => ({ id, object: 'consent' }));
    return consents.length === 0 ? [] : [{ type, payload: { consents } }];
  });
}

interface Campaign {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
}

const loyaltyUpdated = (campaign: Campaign | undefined, payload: object): Entry => ({
  type: 'customer.loyalty.updated',
  payload: { campaign, ...payload },
  ...within(campaign, 'LOYALTY_PROGRAM'),
});

const within = (campaign: Campaign | undefined, campaign_type: CampaignType | undefined) => ({
  campaign_id: campaign?.id,
  campaign_type,
});
