import type { Outgoing } from '#messaging';
import { attributesOf, contentOf } from '../feed/cloud-event.js';
import type { CustomerActivity, CustomerSnapshot, FeedPart } from '../feed/feed.js';

/** The messages of a batch: events first, so that a consumer can see the cause before the customer's new state. */
export function outgoing({ events, customers }: FeedPart): Outgoing[] {
  return [...events.map((one) => message('events', one)), ...customers.map((one) => message('customers', one))];
}

/** The binary mode of CloudEvents for Kafka (https://github.com/cloudevents/spec, kafka-protocol-binding 1.0.2). */
function message(topic: Outgoing['topic'], one: CustomerActivity | CustomerSnapshot): Outgoing {
  const content = contentOf(one);
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  const attributes: Readonly<Record<string, string>> = { ...attributesOf(one) };
  for (const name in attributes) headers[`ce_${name}`] = attributes[name] ?? '';
  return { topic, key: one.customer_id, value: content === null ? null : JSON.stringify(content), headers };
}
