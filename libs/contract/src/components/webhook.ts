import { component, flag, instant, integer, is, listOf, object, orNull, text } from './kit.js';

const webhook = object(
  {
    id: text,
    target_url: text,
    events: listOf(text),
    active: flag,
    disabled_reason: orNull({ enum: ['retries_exhausted', 'too_many_waiting'] }),
    disabled_at: orNull(instant),
    created_at: instant,
    updated_at: orNull(instant),
    object: is('webhook'),
  },
  { secret: { ...text, description: 'The key that signs deliveries, shown only when the webhook is created' } },
);

const lastTry = {
  status: orNull({ ...integer, description: 'The HTTP status of the last answer' }),
  error: orNull({
    ...text,
    description: 'The reason for no answer, such as timeout, econnrefused, private_address',
  }),
  duration_ms: orNull(integer),
};

const delivery = object({
  id: text,
  webhook_id: text,
  event_id: text,
  type: text,
  customer_id: text,
  revision: integer,
  state: { enum: ['waiting', 'delivered', 'failed', 'discarded'] },
  attempts: integer,
  created_at: instant,
  due_at: instant,
  first_at: orNull(instant),
  last_at: orNull(instant),
  ...lastTry,
  object: is('webhook_delivery'),
});

/** Webhooks and their deliveries. */
export const webhookComponents = {
  Webhook: webhook,
  WebhookList: object({ object: is('list'), data_ref: is('webhooks'), webhooks: listOf(component('Webhook')) }),
  WebhookDelivery: delivery,
  WebhookDeliveryList: object(
    {
      object: is('list'),
      data_ref: is('deliveries'),
      deliveries: listOf(component('WebhookDelivery')),
      has_more: flag,
    },
    { more_starting_after: text },
  ),
  WebhookResend: object({ object: is('webhook_resend'), deliveries: integer }),
  WebhookTest: object({ object: is('webhook_test'), ...lastTry }),
};
