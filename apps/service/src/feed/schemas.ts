import { componentSchemas, type JsonSchema, kit } from '#contract';
import type { Told } from '#read-model';

/** The types in the feed of events. */
export type NewsType = Told['type'] | 'customer.deleted';

interface News {
  readonly summary: string;
  /** The schema of the whole data. */
  readonly data: JsonSchema;
}

type Properties = kit.Properties;

const { text, integer, flag, free, instant, is, orNull, listOf, component } = kit;
const oneOf = (...words: readonly string[]): JsonSchema => ({ enum: words });

/** An object with these properties and no others. */
const object = (required: Properties, optional?: Properties): JsonSchema => closed(kit.object(required, optional));

const reference = (kind: string): JsonSchema => object({ id: text, object: is(kind) });
const named = object({ id: text });
const campaign = object({}, { id: text, name: text });
const card = { id: text };
const moreOfCard = { code: text, type: text };
const voucher = object(card, moreOfCard);
const transaction = object({ id: text }, { reason: text });
const points = object({ points: integer });
const amount = object({ amount: integer });
const tier = object({ id: text }, { name: text });
const result = oneOf('SUCCESS', 'FAILURE');

const SUBJECTS = {
  Order: object(
    {
      id: text,
      status: oneOf('CREATED', 'PROCESSING', 'PAID', 'FULFILLED', 'CANCELED'),
      created_at: instant,
      updated_at: instant,
      object: is('order'),
    },
    {
      source_id: text,
      amount: orNull(integer),
      initial_amount: integer,
      discount_amount: integer,
      items_discount_amount: integer,
      total_discount_amount: integer,
      total_amount: integer,
      items: listOf(free),
      metadata: free,
      referrer_id: text,
    },
  ),
  RedeemedVoucher: object(card, { ...moreOfCard, campaign: text, campaign_id: text }),
  Redemption: object(
    { id: text, result, object: is('redemption') },
    {
      redemption: orNull(text),
      date: instant,
      amount: integer,
      tracking_id: text,
      failure_code: text,
      failure_message: text,
      metadata: free,
      order: named,
      gift: amount,
      loyalty_card: points,
      voucher: component('RedeemedVoucher'),
    },
  ),
  RedemptionRollback: object(
    { id: text, redemption: text, result, object: is('redemption_rollback') },
    { date: instant, amount: integer, reason: text, gift: amount, loyalty_card: points },
  ),
  Validation: object(
    { id: text, valid: flag },
    { tracking_id: text, metadata: free, voucher: free, redeemables: listOf(free) },
  ),
  Publication: object(
    { id: text, result, created_at: instant, object: is('publication') },
    {
      campaign,
      voucher: object(card, moreOfCard),
      channel: text,
      failure_code: text,
      failure_message: text,
      metadata: free,
    },
  ),
  EventSource: object({ channel: text }, { api_key: object({ name: text, app_id: text }) }),
  CustomEvent: object(
    { id: text, type: text, object: is('event'), customer: reference('customer'), created_at: instant },
    { metadata: free, referral: free, loyalty: free },
  ),
};

/** The cause of a message: the request and its sender. */
const CAUSE: Properties = {
  group_id: { type: 'string', description: 'The request that caused it' },
  event_source: component('EventSource'),
};
const SIMPLE: Properties = { customer: component('SimpleCustomer'), ...CAUSE };
/** The whole customer, or only the id of one whose key is destroyed or who has no data yet. */
const WHOLE: Properties = {
  customer: { anyOf: [component('Customer'), component('CustomerReference')] },
  ...CAUSE,
};

const about = (required: Properties, optional: Properties = {}): JsonSchema =>
  object({ ...SIMPLE, ...required }, optional);

const news = (summary: string, data: JsonSchema): News => ({ summary, data });
const ordered = (summary: string): News => news(summary, about({ order: component('Order') }));
const REDEEMED: Properties = { order: named, campaign, voucher: component('RedeemedVoucher') };
const redeemed = (summary: string): News => news(summary, about({ redemption: component('Redemption') }, REDEEMED));
const takenBack = (summary: string): News =>
  news(
    summary,
    about({ redemption: reference('redemption'), redemption_rollback: component('RedemptionRollback') }, REDEEMED),
  );
const pointed = (summary: string, required: Properties = {}): News =>
  news(summary, about({ campaign, voucher, balance: points, transaction, created_at: instant, ...required }));
const pended = (summary: string): News =>
  news(
    summary,
    about({ campaign, voucher, pending_points: object({ id: text }, { points: integer }) }, { order: named }),
  );
const tiered = (summary: string): News => news(summary, about({ campaign, loyalty_tier: tier, created_at: instant }));
const flipped = (summary: string): News =>
  news(summary, object({ ...WHOLE, segment: object({ id: text, name: text, object: is('segment') }) }));
const published = (summary: string): News =>
  news(summary, about({ publication: component('Publication') }, { campaign }));
const consented = (summary: string): News => news(summary, about({ consents: listOf(reference('consent')) }));

/** Type -> its data, as in contract section 4; a type without an entry does not compile. */
export const NEWS: Readonly<Record<NewsType, News>> = {
  'customer.created': news('The customer was created', object(WHOLE)),
  'customer.updated': news('The customer changed', object(WHOLE)),
  'customer.deleted': news('The customer was deleted or erased', object(WHOLE)),
  'customer.consents.given': consented('Consents were given'),
  'customer.consents.revoked': consented('Consents were revoked'),
  'customer.order.created': ordered('An order was seen for the first time'),
  'customer.order.updated': ordered('Another part of an order changed'),
  'customer.order.processing': ordered('An order is being processed'),
  'customer.order.paid': ordered('An order was paid'),
  'customer.order.fulfilled': ordered('An order was fulfilled'),
  'customer.order.canceled': ordered('An order was canceled'),
  'customer.redemption.succeeded': redeemed('A redemption succeeded'),
  'customer.redemption.failed': redeemed('A redemption failed'),
  'customer.redemption.rollback.succeeded': takenBack('A redemption was rolled back'),
  'customer.redemption.rollback.failed': takenBack('The rollback of a redemption failed'),
  'customer.validation.succeeded': news('Vouchers or promotions apply', about({ validation: component('Validation') })),
  'customer.validation.failed': news(
    'Vouchers or promotions do not apply',
    about({ validation: component('Validation') }),
  ),
  'customer.publication.succeeded': published('A campaign or a voucher was published to the customer'),
  'customer.publication.failed': published('A campaign or a voucher could not be published'),
  'customer.referred': news(
    'Another customer referred this one',
    about({ referrer: reference('customer'), campaign }, { redemption: named, custom_event: named }),
  ),
  'customer.custom_event': news(
    'A custom event, with a type of its sender',
    about({ event: component('CustomEvent'), event_schema: object({ name: text }) }, { referral: free, loyalty: free }),
  ),
  'customer.loyalty.updated': news(
    'Another change in a loyalty campaign: points adjusted or spent, a card enabled or disabled, a tier reported again',
    about(
      { created_at: instant },
      {
        campaign,
        voucher: object(card, { ...moreOfCard, active: flag }),
        balance: points,
        transaction,
        redemption: named,
        loyalty_tier: orNull(tier),
      },
    ),
  ),
  'customer.loyalty.tier.joined': tiered('The customer joined this tier'),
  'customer.loyalty.tier.left': tiered('The customer left this tier'),
  'customer.segment.entered': flipped('The customer entered a segment'),
  'customer.segment.left': flipped('The customer left a segment'),
  'customer.voucher.gift.balance_added': news(
    'Credits were added to a gift card',
    about({ voucher, balance: amount, transaction }, { campaign }),
  ),
  'customer.voucher.loyalty_card.points_added': pointed('Points were earned'),
  'customer.voucher.loyalty_card.points_expired': pointed('Points expired'),
  'customer.voucher.loyalty_card.points_transferred': pointed('Points moved between two cards', {
    source_voucher: named,
    destination_voucher: named,
  }),
  'customer.voucher.loyalty_card.pending_points.added': pended('Points will be earned later'),
  'customer.voucher.loyalty_card.pending_points.activated': pended('Pending points are earned now'),
  'customer.voucher.loyalty_card.pending_points.canceled': pended('Pending points will not be earned'),
};

/** The schemas that messages share; the customer lacks `assets`, which only answers to requests have. */
export function sharedSchemas(): Readonly<Record<string, JsonSchema>> {
  const { Customer = {} } = componentSchemas();
  const { assets: _, ...properties } = Customer['properties'] as Properties;
  return {
    ...SUBJECTS,
    Customer: closed({ ...Customer, properties }),
    CustomerReference: reference('customer'),
    SimpleCustomer: closed(kit.simpleCustomer),
  };
}

/** The same schema, with no further properties in objects that list theirs. */
function closed(schema: JsonSchema): JsonSchema {
  const isListed = schema['properties'] !== undefined && schema['additionalProperties'] === undefined;
  const inner = Object.entries(schema).map(([name, value]) => [name, closedWithin(value)] as const);
  return { ...Object.fromEntries(inner), ...(isListed && { additionalProperties: false }) };
}

function closedWithin(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closedWithin);
  return typeof value === 'object' && value !== null ? closed(value as JsonSchema) : value;
}
