import { ORDER_STATUSES } from '../facts/order.js';
import { component, flag, free, instant, integer, is, listOf, mapOf, object, orNull, text } from './kit.js';

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

/** Orders. */
export const orderComponents = {
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
    result: component('OrderImportResult'),
  }),
  OrderImportResult: object({
    done_count: integer,
    failed_count: integer,
    errors: listOf(object({ index: integer, error: component('Error') }, { source_id: text })),
  }),
};
