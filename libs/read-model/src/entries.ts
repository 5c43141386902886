import {
  consentsAround,
  type CustomerEvent,
  type CustomerState,
  inOrder,
  type Instant,
  isRepeated,
  type OrderHappening,
  shown,
  toDocument,
} from '#customer';
import type { ActivityType, CampaignType } from './activity-types.js';
import { tierBefore } from './neighbours.js';

/** What one event tells about a customer: type, and the payload without `customer` unless the entry is about the customer. */
export interface Entry {
  readonly type: ActivityType;
  readonly payload: object;
  readonly campaign_id?: string | undefined;
  readonly campaign_type?: CampaignType | undefined;
  /** Its place among the entries of its event. */
  readonly slot: number;
}

type Untold = Omit<Entry, 'slot'> & Partial<Pick<Entry, 'slot'>>;

type Type = CustomerEvent['type'];
type DataOf<T extends Type> = Extract<CustomerEvent, { readonly type: T }>['data'];

/** What was said, without where it came from. */
export type Statement = {
  [T in Type]: { readonly type: T; readonly occurred_at: Instant; readonly data: DataOf<T> };
}[Type];

/** The customer around a statement: both know all that was said before its time, and may know more. */
export interface Known {
  readonly before: CustomerState;
  /** Knows the statement as well. */
  readonly after: CustomerState;
}

type Moment<T extends Type> = Change<DataOf<T>>;
interface Change<Data> {
  readonly customer_id: string;
  readonly data: Data;
  readonly occurred_at: Instant;
  readonly known: Known;
}

/** What each event tells; an event of which nothing is said here does not compile. */
const tellers: { readonly [T in Type]: (moment: Moment<T>) => readonly Untold[] } = {
  CustomerCreated: profileEntries,
  CustomerUpdated: profileEntries,
  CustomerBackdated: () => [],
  // who is gone has no activity any more
  CustomerDeleted: () => [],
  CustomerErased: () => [],
  OrderPlaced: orderEntries('OrderPlaced'),
  OrderChanged: orderEntries('OrderChanged'),
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
        publication: { ...data, campaign, voucher, created_at: shown(occurred_at), object: 'publication' },
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
      created_at: shown(occurred_at),
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
      ? [loyaltyUpdated(campaign, { voucher: { ...voucher, active: available }, created_at: shown(occurred_at) })]
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
  // they follow from what happened to another customer
  ReferralCredited: () => [],
  ReferrerResolved: () => [],
  SegmentEntered: (moment) => [segmentEntry('customer.segment.entered', moment)],
  SegmentLeft: (moment) => [segmentEntry('customer.segment.left', moment)],
  ConsentChanged: consentEntries,
  CustomEventRecorded: ({ customer_id, data, occurred_at }) => [
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
  ],
};

/** What one event tells by itself; that a customer or an order is known at all is told apart. */
export function entriesOf(customer_id: string, { type, data, occurred_at }: Statement, known: Known): Entry[] {
  const tell = tellers[type] as (moment: Change<object>) => readonly Untold[];
  return tell({ customer_id, data: unnamed(data), occurred_at, known }).map((entry) => ({ slot: 0, ...entry }));
}

/** Names are for finding the customer. */
function unnamed<Data extends object>(data: Data): Data {
  const { named: _, ...said } = data as Data & { readonly named?: string };
  return said as unknown as Data;
}

/** How events say things that are not about the person. */
const APART = new Set(['created', 'implicit', 'alias', 'replaced', 'named']);

/** What a statement says of the customer itself: nothing, unless it is about the person. */
export function customerSaid(customer_id: string, { type, data }: Statement): object {
  const isAbout = (type === 'CustomerCreated' || type === 'CustomerUpdated') && data.implicit !== true;
  const { created_at, ...said }: ProfileSaid = isAbout ? data : {};
  return {
    id: customer_id,
    ...Object.fromEntries(Object.entries(said).filter(([field]) => !APART.has(field))),
    ...(created_at !== undefined && { created_at: shown(created_at) }),
    object: 'customer',
  };
}

type ProfileSaid = DataOf<'CustomerUpdated'>;

function profileEntries({ customer_id, data, occurred_at }: Moment<'CustomerCreated' | 'CustomerUpdated'>): Untold[] {
  if (data.implicit === true) return [];
  const customer = customerSaid(customer_id, { type: 'CustomerUpdated', data, occurred_at });
  return [{ type: 'customer.updated', payload: { customer } }];
}

/** Contract 4.2: the whole customer as of the flip, which no sender told. */
const segmentEntry = (type: ActivityType, { customer_id, data, known }: Moment<'SegmentEntered'>): Untold => ({
  type,
  payload: { customer: toDocument(customer_id, known.before), segment: { ...data.segment, object: 'segment' } },
});

/** What a statement says that happened to an order; the first version of the ledger kept only what it said of the status. */
export function happeningOf({ type, data: { status, told_as } }: OrderStatement): OrderHappening {
  if (told_as !== undefined) return told_as;
  if (status !== undefined) return status.toLowerCase() as OrderHappening;
  return type === 'OrderPlaced' ? 'created' : 'updated';
}

export type OrderStatement = Extract<Statement, { readonly type: 'OrderPlaced' | 'OrderChanged' }>;

/** What a statement says of its order. */
export function orderSaid({ data }: OrderStatement): object {
  const { id, told_as: _, created_at, ...said } = unnamed(data);
  return { id, ...said, ...(created_at !== undefined && { created_at: shown(created_at) }), object: 'order' };
}

/** One that says that the order was created is an update, unless the entry about its creation has it. */
function orderEntries(type: 'OrderPlaced' | 'OrderChanged') {
  return ({ data, occurred_at }: Moment<'OrderPlaced' | 'OrderChanged'>): Untold[] => {
    const statement: OrderStatement = { type, data, occurred_at };
    const happening = happeningOf(statement);
    return [
      {
        type: `customer.order.${happening === 'created' ? 'updated' : happening}`,
        payload: { order: orderSaid(statement) },
      },
    ];
  };
}

const VOUCHER_CAMPAIGNS: Readonly<Record<string, CampaignType>> = {
  DISCOUNT_VOUCHER: 'DISCOUNT_COUPONS',
  GIFT_VOUCHER: 'GIFT_VOUCHERS',
  LOYALTY_CARD: 'LOYALTY_PROGRAM',
};

type Redeemed = Pick<DataOf<'RedemptionRecorded'>, 'order' | 'voucher'>;

/** What an entry about a redemption tells of what it was of. */
function redeemed({ order, voucher }: Redeemed, payload: object): Omit<Untold, 'type'> {
  const { campaign_id: id, campaign: name } = voucher ?? {};
  const campaign = id === undefined && name === undefined ? undefined : { id, name };
  return {
    payload: { order, campaign, voucher, ...payload },
    ...within(campaign, VOUCHER_CAMPAIGNS[voucher?.type ?? '']),
  };
}

function redemptionEntries({ data }: Moment<'RedemptionRecorded'>): Untold[] {
  const type = data.result === 'SUCCESS' ? 'customer.redemption.succeeded' : 'customer.redemption.failed';
  return [{ type, ...redeemed(data, { redemption: { ...dated(data), object: 'redemption' } }) }];
}

/** A rollback is of what its redemption was of, as far as that is known. */
function rollbackEntries({ data, known }: Moment<'RedemptionRolledBack'>): Untold[] {
  const { redemption } = known.after.entities.get('redemption', data.redemption) ?? {};
  const outcome = data.result === 'SUCCESS' ? ('succeeded' as const) : ('failed' as const);
  const payload = {
    redemption: { id: data.redemption, object: 'redemption' },
    redemption_rollback: { ...dated(data), object: 'redemption_rollback' },
  };
  return [{ type: `customer.redemption.rollback.${outcome}`, ...redeemed(redemption?.values ?? {}, payload) }];
}

const dated = <Data extends { readonly date?: Instant }>(data: Data): Data =>
  data.date === undefined ? data : { ...data, date: shown(data.date) };

const POINTS_ENTRIES: Readonly<Record<DataOf<'LoyaltyPointsChanged'>['kind'], ActivityType>> = {
  earned: 'customer.voucher.loyalty_card.points_added',
  expired: 'customer.voucher.loyalty_card.points_expired',
  adjusted: 'customer.loyalty.updated',
  transferred: 'customer.voucher.loyalty_card.points_transferred',
};

function pointsEntries({ data, occurred_at }: Moment<'LoyaltyPointsChanged'>): Untold[] {
  const { kind, campaign, voucher, points, source_voucher, destination_voucher } = data;
  const balance = { points };
  const payload = {
    campaign,
    voucher,
    balance,
    transaction: transaction(data),
    source_voucher,
    destination_voucher,
    created_at: shown(occurred_at),
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

/** Compared with the tier that stood right before; tiers have no order here, so going from one to another is neither up nor down. */
function tierEntries({ data, occurred_at, known }: Moment<'LoyaltyTierChanged'>): Untold[] {
  const { campaign, loyalty_tier: is } = data;
  const was = tierBefore(known.before, campaign, occurred_at);
  if (was?.id === is?.id) return [loyaltyUpdated(campaign, { loyalty_tier: is, created_at: shown(occurred_at) })];
  const moved = (type: ActivityType, slot: number, tier: object | null): Untold[] =>
    tier === null
      ? []
      : [
          {
            type,
            slot,
            payload: { campaign, loyalty_tier: tier, created_at: shown(occurred_at) },
            ...within(campaign, 'LOYALTY_PROGRAM'),
          },
        ];
  return [...moved('customer.loyalty.tier.left', 1, was), ...moved('customer.loyalty.tier.joined', 0, is)];
}

/** What only repeats what stood right before, and ends no consent, tells nothing. */
function consentEntries({ data, occurred_at, known }: Moment<'ConsentChanged'>): Untold[] {
  const [{ head: before }, { head: after, entities }] = [known.before, known.after];
  const consents = consentsAround(before.consents, after.consents, entities);
  // a database may keep the members of an object in another order than they were told in
  const all = inOrder(data.consents).filter(([id, value]) => !isRepeated(consents, id, value, occurred_at));
  const told = [
    { type: 'customer.consents.given' as const, value: true, slot: 0 },
    { type: 'customer.consents.revoked' as const, value: false, slot: 1 },
  ];
  return told.flatMap(({ type, value, slot }) => {
    const consents = all.filter(([, given]) => given === value).map(([id]) => ({ id, object: 'consent' }));
    return consents.length === 0 ? [] : [{ type, slot, payload: { consents } }];
  });
}

interface Campaign {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
}

const loyaltyUpdated = (campaign: Campaign | undefined, payload: object): Untold => ({
  type: 'customer.loyalty.updated',
  payload: { campaign, ...payload },
  ...within(campaign, 'LOYALTY_PROGRAM'),
});

const within = (campaign: Campaign | undefined, campaign_type: CampaignType | undefined) => ({
  campaign_id: campaign?.id,
  campaign_type,
});
