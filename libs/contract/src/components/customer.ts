import { AddressBody } from '../dto/customer.js';
import { dtoSchema } from '../schemas.js';
import { component, day, flag, free, instant, integer, is, listOf, mapOf, object, orNull, text } from './kit.js';

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

/** Customers and their activity. */
export const customerComponents = {
  Customer: customer,
  CustomerList: object({
    object: is('list'),
    data_ref: is('customers'),
    customers: listOf(component('Customer')),
    total: integer,
    has_more: flag,
  }),
  ActivitiesList: object({ object: is('list'), data_ref: is('data'), data: listOf(activity), total: integer }),
  ActivityList: object(
    { object: is('list'), data_ref: is('data'), data: listOf(activity), has_more: flag },
    { more_starting_after: text },
  ),
  Deletion: deletion,
};
