import type { JsonSchema } from './registry.js';
import { dtoSchema } from './schemas.js';
import { AddressBody } from './dto/customer.js';

const text: JsonSchema = { type: 'string' };
const integer: JsonSchema = { type: 'integer' };
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

const report = object({
  events: integer,
  customers_compared: integer,
  customers_differing: integer,
  differing: listOf(
    object({
      customer: text,
      revision: integer,
      paths: { ...listOf(text), description: 'Where the rows differ, never what they say' },
      paths_total: integer,
    }),
  ),
  counters: listOf(text),
});

const rebuild = object({
  id: text,
  kind: { enum: ['rebuild', 'check', 'customer', 'customer_check', 'switch_back'] },
  customer: orNull(text),
  state: { enum: ['waiting', 'building', 'comparing', 'switching', 'paused', 'done', 'cancelled', 'failed'] },
  is_open: flag,
  created_at: instant,
  started_at: orNull(instant),
  ended_at: orNull(instant),
  events: integer,
  position: orNull(text),
  target: orNull({ ...text, description: 'Where the history ends' }),
  rate: { ...integer, description: 'Events a second, while at work' },
  seconds_left: orNull(integer),
  error: orNull(text),
  report: orNull(component('RebuildReport')),
  object: is('rebuild'),
});

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
  Deletion: deletion,
  Error: { anyOf: [error, tooLarge] },
  Rebuild: rebuild,
  RebuildReport: report,
  RebuildList: object({ object: is('list'), data_ref: is('rebuilds'), rebuilds: listOf(component('Rebuild')) }),
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
  Health: object({ status: { enum: ['ok', 'unavailable'] } }, { problems: listOf(text) }),
});
