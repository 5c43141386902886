import { type JsonSchema, jsonSchema } from '#encoding';

/* The JSON Schemas of what activities say, which AsyncAPI shows. */

type Properties = jsonSchema.Properties;

const { closed, text, integer, flag, free, instant, is, oneOf, orNull, listOf, component } = jsonSchema;

/** These properties and no others. */
export const object = (required: Properties, optional?: Properties): JsonSchema =>
  closed(jsonSchema.object(required, optional));
export const reference = (kind: string): JsonSchema => object({ id: text, object: is(kind) });

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

/** The components that the schemas of activities refer to; the customers are the contract's. */
export const activityComponents: Readonly<Record<string, JsonSchema>> = {
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
  CustomerReference: reference('customer'),
  EventSource: object({ channel: text }, { api_key: object({ name: text, app_id: text }) }),
  CustomEvent: object(
    { id: text, type: text, object: is('event'), customer: reference('customer'), created_at: instant },
    { metadata: free, referral: free, loyalty: free },
  ),
};

/** Named by the request that caused it, and by who sent that. */
const CAUSE: Properties = {
  group_id: { type: 'string', description: 'The request that caused it' },
  event_source: component('EventSource'),
};
const SIMPLE: Properties = { customer: component('SimpleCustomer'), ...CAUSE };
/** The whole customer; only the id of one whose key was destroyed, or who is not known yet. */
const WHOLE: Properties = {
  customer: { anyOf: [component('Customer'), component('CustomerReference')] },
  ...CAUSE,
};

const about = (required: Properties, optional: Properties = {}): JsonSchema =>
  object({ ...SIMPLE, ...required }, optional);
const REDEEMED: Properties = { order: named, campaign, voucher: component('RedeemedVoucher') };
const moved = (required: Properties = {}): JsonSchema =>
  about({ campaign, voucher, balance: points, transaction, created_at: instant, ...required });

/** The data of activities: several types may say the same. */
export const data = {
  customer: object(WHOLE),
  consents: about({ consents: listOf(reference('consent')) }),
  order: about({ order: component('Order') }),
  redemption: about({ redemption: component('Redemption') }, REDEEMED),
  rollback: about(
    { redemption: reference('redemption'), redemption_rollback: component('RedemptionRollback') },
    REDEEMED,
  ),
  validation: about({ validation: component('Validation') }),
  publication: about({ publication: component('Publication') }, { campaign }),
  referral: about({ referrer: reference('customer'), campaign }, { redemption: named, custom_event: named }),
  customEvent: about(
    { event: component('CustomEvent'), event_schema: object({ name: text }) },
    { referral: free, loyalty: free },
  ),
  loyalty: about(
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
  tier: about({ campaign, loyalty_tier: tier, created_at: instant }),
  segment: object({ ...WHOLE, segment: object({ id: text, name: text, object: is('segment') }) }),
  gift: about({ voucher, balance: amount, transaction }, { campaign }),
  points: moved(),
  transfer: moved({ source_voucher: named, destination_voucher: named }),
  pendingPoints: about(
    { campaign, voucher, pending_points: object({ id: text }, { points: integer }) },
    { order: named },
  ),
} as const;
