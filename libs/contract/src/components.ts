import type { JsonSchema } from './registry.js';
import { dtoSchema } from './schemas.js';
import { AddressBody } from './dto/customer.js';
import { ORDER_STATUSES } from './facts/order.js';

const text: JsonSchema = { type: 'string' };
const integer: JsonSchema = { type: 'integer' };
const number: JsonSchema = { type: 'number' };
const flag: JsonSchema = { type: 'boolean' };
const free: JsonSchema = { type: 'object' };
const day: JsonSchema = { type: 'string', format: 'date' };
const instant: JsonSchema = { type: 'string', format: 'date-time' };
const is = (value: string): JsonSchema => ({ const: value });
const orNull = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: 'null' }] });
const listOf = (items: JsonSchema): JsonSchema => ({ type: 'array', items });
const mapOf = (additionalProperties: JsonSchema): JsonSchema => ({ type: 'object', additionalProperties });
const component = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });
type Properties = Readonly<Record<string, JsonSchema>>;

/** An object with required and optional properties. */
const object = (required: Properties, optional: Properties = {}): JsonSchema => ({
  type: 'object',
  properties: { ...required, ...optional },
  required: Object.keys(required),
});

const summary = object({
  redemptions: object({
    total_redeemed: integer,
    total_failed: integer,
    total_succeeded: integer,
    total_rolled_back: integer,
    total_rollback_failed: integer,
    total_rollback_succeeded: integer,
    gift: object({ redeemed_amount: integer, amount_to_go: integer }),
    loyalty_card: object({ redeemed_points: integer, points_to_go: integer }),
  }),
  orders: object(
    { total_amount: integer, total_count: integer, average_amount: integer, last_order_amount: integer },
    { last_order_date: instant },
  ),
});

const loyalty = object({
  points: integer,
  referred_customers: integer,
  campaigns: mapOf(object({ points: integer, referred_customers: integer }, { loyalty_tier: text })),
});

const referrals = object({
  total: integer,
  campaigns: listOf(
    object({ campaign_id: text, referrer_id: text, related_object_id: text, related_object_type: text, date: instant }),
  ),
});

const customer = object(
  {
    id: text,
    address: orNull(dtoSchema(AddressBody)),
    system_metadata: object({}, { consents: mapOf(object({ date: instant, value: flag })) }),
    summary,
    loyalty,
    referrals,
    created_at: instant,
    object: is('customer'),
  },
  {
    source_id: text,
    name: text,
    description: text,
    email: text,
    phone: text,
    birthday: day,
    birthdate: day,
    metadata: free,
    updated_at: instant,
    assets: object({}, { cockpit_url: text }),
  },
);

const activity = object({
  id: text,
  type: text,
  created_at: instant,
  group_id: text,
  data: object({
    data: free,
    event_source: object({ channel: text }, { api_key: object({}, { name: text, app_id: text }) }),
  }),
});

const customerReference = object({ id: text, object: is('customer') });
const orderRedemption = object(
  { date: orNull(instant), related_object_type: text, related_object_id: text },
  { related_object_parent_id: text, rollback_id: text, rollback_date: instant, stacked: listOf(text) },
);
const order = object(
  {
    id: text,
    source_id: orNull(text),
    created_at: instant,
    updated_at: orNull(instant),
    status: { enum: ORDER_STATUSES },
    amount: orNull(integer),
    items: listOf(object({ object: is('order_item') }, { amount: integer, subtotal_amount: integer })),
    metadata: free,
    customer: customerReference,
    customer_id: text,
    referrer_id: orNull(text),
    object: is('order'),
  },
  {
    initial_amount: integer,
    discount_amount: integer,
    items_discount_amount: integer,
    total_discount_amount: integer,
    total_amount: integer,
    referrer: customerReference,
    redemptions: mapOf(orderRedemption),
  },
);

const simpleCustomer = object({
  id: text,
  name: orNull(text),
  email: orNull(text),
  source_id: orNull(text),
  metadata: free,
  object: is('customer'),
});
const redemptionRollback = object(
  {
    id: text,
    object: is('redemption_rollback'),
    date: instant,
    customer_id: text,
    redemption: text,
    result: { enum: ['SUCCESS', 'FAILURE'] },
  },
  { amount: integer, reason: text, gift: free, loyalty_card: free },
);
const redemption = object(
  {
    id: text,
    object: is('redemption'),
    date: instant,
    customer_id: text,
    customer: simpleCustomer,
    result: { enum: ['SUCCESS', 'FAILURE'] },
    status: { enum: ['SUCCEEDED', 'FAILED', 'ROLLED_BACK'] },
    redemption: orNull(text),
    metadata: free,
    related_object_type: { enum: ['voucher', 'redemption'] },
    related_object_id: text,
    voucher: orNull(object({ id: text, object: is('voucher') }, { code: text, campaign: text, campaign_id: text })),
    rollbacks: listOf(redemptionRollback),
  },
  {
    tracking_id: text,
    amount: integer,
    failure_code: text,
    failure_message: text,
    order: { anyOf: [component('Order'), object({ id: text, object: is('order') })] },
    gift: object({ amount: integer }),
    loyalty_card: object({ points: integer }),
  },
);

const wording: Properties = { id: text, name: text, description: text, version: integer, created_at: instant };
const countedList = (items: JsonSchema): JsonSchema =>
  object({ object: is('list'), total: integer, data_ref: is('data'), data: listOf(items) });

const deletion = object({
  id: text,
  created_at: instant,
  related_object_id: text,
  related_object: is('customer'),
  status: is('DONE'),
  data_json: mapOf(integer),
  object: { const: 'pernament_deletion', description: 'Spelled so in the contract' },
});

const error = object(
  { code: { type: 'integer', description: 'The HTTP status' }, message: text },
  { key: text, details: text, request_id: text, resource_id: text, resource_type: text },
);

const tooLarge = object({ statusCode: { const: 413 }, error: text, message: text });

const factResult: JsonSchema = {
  type: 'object',
  properties: {
    id: orNull(text),
    source: orNull(text),
    status: { enum: ['accepted', 'duplicate', 'rejected'] },
    customer_id: text,
    revision: integer,
    position: text,
    error: component('Error'),
  },
  required: ['id', 'source', 'status'],
};

const position: JsonSchema = { type: 'string', pattern: '^\\d+$' };
const actor = object({ channel: text }, { key: text });
const origin = orNull(object({ source: text, id: text }));
const eventReference: Properties = {
  id: text,
  revision: integer,
  position,
  type: text,
  occurred_at: instant,
  recorded_at: instant,
  actor,
  origin,
};
const historyEvent = object({
  object: is('history_event'),
  ...eventReference,
  schema: integer,
  correlation_id: text,
  causation_id: orNull(text),
  data: free,
  erased: flag,
  hash: text,
});
const standing = orNull(object(eventReference));
const change = object({ path: text, events: listOf(object(eventReference)) }, { from: {}, to: {} });
const contribution = object(eventReference, { before: {}, after: {}, delta: number, operands: free });
const explanation = object(
  { object: is('explanation'), path: text, kind: { enum: ['sum', 'derived', 'value'] }, events: listOf(contribution) },
  { customer_id: text, value: {}, operands: free, earlier: object({ events: integer, delta: number }) },
);
const chainHead = object({ revision: { type: 'integer', minimum: -1 }, hash: text });

/** The answers of the service, by name, for OpenAPI. */
export const componentSchemas = (): Readonly<Record<string, JsonSchema>> => ({
  Customer: customer,
  CustomerList: object({
    object: is('list'),
    data_ref: is('customers'),
    customers: listOf(component('Customer')),
    total: integer,
    has_more: flag,
  }),
  ActivityList: object(
    { object: is('list'), data_ref: is('data'), data: listOf(activity), has_more: flag },
    { more_starting_after: text },
  ),
  Order: order,
  OrderList: object({
    object: is('list'),
    data_ref: is('orders'),
    orders: listOf(component('Order')),
    total: integer,
    has_more: flag,
  }),
  OrderImport: object({
    async_action_id: text,
    status: is('DONE'),
    result: object({
      done_count: integer,
      failed_count: integer,
      errors: listOf(object({ index: integer, error: component('Error') }, { source_id: text })),
    }),
  }),
  Redemption: redemption,
  RedemptionList: object({
    object: is('list'),
    data_ref: is('redemptions'),
    redemptions: listOf(component('Redemption')),
    total: integer,
    has_more: flag,
  }),
  VoucherRedemptionList: object({
    object: is('list'),
    data_ref: is('redemption_entries'),
    redemption_entries: listOf(component('Redemption')),
    quantity: { type: 'null' },
    total: integer,
    has_more: flag,
  }),
  Consent: object({ ...wording, category: text, object: is('consent') }, { updated_at: instant }),
  ConsentGroup: object({ ...wording, consents: listOf(text), object: is('consent_group') }, { updated_at: instant }),
  ConsentLists: object({
    groups: countedList(component('ConsentGroup')),
    consents: countedList(component('Consent')),
  }),
  Event: object({
    object: is('event'),
    type: text,
    customer: simpleCustomer,
    referral: { type: 'null' },
    loyalty: { type: 'null' },
    metadata: free,
  }),
  ClientCustomer: object({ id: text, object: is('customer') }, { source_id: text }),
  ClientEvent: object({ object: is('event'), type: text }),
  Deletion: deletion,
  Error: { anyOf: [error, tooLarge] },
  FactResult: factResult,
  FactResults: object({
    object: is('list'),
    data_ref: is('results'),
    results: listOf(component('FactResult')),
    accepted: integer,
    duplicate: integer,
    rejected: integer,
  }),
  FactSchemas: mapOf(free),
  HistoryEvent: historyEvent,
  HistoryList: object(
    { object: is('list'), data_ref: is('events'), events: listOf(component('HistoryEvent')), has_more: flag },
    { more_starting_after: text },
  ),
  Diff: object({ object: is('diff'), customer_id: text, from: standing, to: standing, changes: listOf(change) }),
  Explanation: explanation,
  Explanations: {
    anyOf: [
      component('Explanation'),
      object({
        object: is('list'),
        data_ref: is('explanations'),
        customer_id: text,
        explanations: listOf(component('Explanation')),
      }),
    ],
  },
  Verification: object(
    { object: is('verification'), valid: flag, events: integer, head: chainHead },
    { customer_id: text, first_bad: object({ revision: integer, reason: text }) },
  ),
  Health: object({ status: { enum: ['ok', 'unavailable'] } }, { problems: listOf(text) }),
});
