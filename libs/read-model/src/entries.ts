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

/** An activity entry of an event; its payload has `customer` only when the entry is about the customer. */
export interface Entry {
  readonly type: ActivityType;
  readonly payload: object;
  readonly campaign_id?: string | undefined;
  readonly campaign_type?: CampaignType | undefined;
  /** Its number among the entries of its event. */
  readonly slot: number;
}

type Untold = Omit<Entry, 'slot'> & Partial<Pick<Entry, 'slot'>>;

type Type = CustomerEvent['type'];
type DataOf<T extends Type> = Extract<CustomerEvent, { readonly type: T }>['data'];

/** The content of an event, without its origin. */
export type Statement = {
  [T in Type]: { readonly type: T; readonly occurred_at: Instant; readonly data: DataOf<T> };
}[Type];

/** The customer around a statement: both states include all statements before its time, and may include later ones. */
export interface Known {
  readonly before: CustomerState;
  /** Includes the statement as well. */
  readonly after: CustomerState;
}

type Moment<T extends Type> = Change<DataOf<T>>;
interface Change<Data> {
  readonly customer_id: string;
  readonly data: Data;
  readonly occurred_at: Instant;
  readonly known: Known;
}

/** Event type -> its entries; a missing type does not compile. */
const tellers: { readonly [T in Type]: (moment: Moment<T>) => readonly Untold[] } = {
  CustomerCreated: profileEntries,
  CustomerUpdated: profileEntries,
  CustomerBackdated: () => [],
  // a deleted or erased customer has no activity
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
      // by id alone, because other data of the referrer must not outlive an erasure here
      payload: { referrer: { id: referrer.id, object: 'customer' }, campaign, redemption, custom_event },
      ...within(campaign, 'REFERRAL_PROGRAM'),
    },
  ],
  // these follow from events of another customer
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

/** The entries of one event, except those about the creation of a customer or an order. */
export function entriesOf(customer_id: string, { type, data, occurred_at }: Statement, known: Known): Entry[] {
  const tell = tellers[type] as (moment: Change<object>) => readonly Untold[];
  return tell({ customer_id, data: unnamed(data), occurred_at, known }).map((entry) => ({ slot: 0, ...entry }));
}

/** Removes `named`, which only serves to find the customer. */
function unnamed<Data extends object>(data: Data): Data {
  const { named: _, ...said } = data as Data & { readonly named?: string };
  return said as unknown as Data;
}

/** Fields of profile events that are not about the person. */
const APART = new Set(['created', 'implicit', 'alias', 'replaced', 'named']);

/** The profile fields of a statement, none unless it is about the person. */
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

/** The whole customer at the membership change, because no sender stated it (contract 4.2). */
const segmentEntry = (type: ActivityType, { customer_id, data, known }: Moment<'SegmentEntered'>): Untold => ({
  type,
  payload: { customer: toDocument(customer_id, known.before), segment: { ...data.segment, object: 'segment' } },
});

/** The change of an order that a statement reports; events of version 0.1.0 have only the status. */
export function happeningOf({ type, data: { status, told_as } }: OrderStatement): OrderHappening {
  if (told_as !== undefined) return told_as;
  if (status !== undefined) return status.toLowerCase() as OrderHappening;
  return type === 'OrderPlaced' ? 'created' : 'updated';
}

export type OrderStatement = Extract<Statement, { readonly type: 'OrderPlaced' | 'OrderChanged' }>;

/** The order fields of a statement. */
export function orderSaid({ data }: OrderStatement): object {
  const { id, told_as: _, created_at, ...said } = unnamed(data);
  return { id, ...said, ...(created_at !== undefined && { created_at: shown(created_at) }), object: 'order' };
}

/** A statement of the creation shows as an update, unless the entry about the creation shows it. */
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

/** The order, campaign and voucher in an entry about a redemption or its rollback. */
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

/** A rollback shows the order and voucher of its redemption, where that is known. */
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

/** Compares with the tier right before. Tiers have no order here, so a change is neither an upgrade nor a downgrade. */
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

/** A statement that repeats the value right before its time, and ends no consent, has no entry. */
function consentEntries({ data, occurred_at, known }: Moment<'ConsentChanged'>): Untold[] {
  const [{ head: before }, { head: after, entities }] = [known.before, known.after];
  const consents = consentsAround(before.consents, after.consents, entities);
  // sorted, because a database may change the order of an object's members
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
