import type { Outgoing } from '#messaging';
import { attributesOf, contentOf } from '../feed/cloud-event.js';
import type { CustomerNews, CustomerSnapshot, News } from '../feed/feed.js';

/** News as messages: events first, so that whoever sees a customer's new state can have seen why. */
export function outgoing({ events, customers }: News): Outgoing[] {
  return [...events.map((one) => message('events', one)), ...customers.map((one) => message('customers', one))];
}

/** CloudEvents in the binary mode of the Kafka binding (https://github.com/cloudevents/spec, kafka-protocol-binding 1.0.2). */
function message(topic: Outgoing['topic'], one: CustomerNews | CustomerSnapshot): Outgoing {
  const content = contentOf(one);
  const attributes = Object.entries<string>({ ...attributesOf(one) }).map(
    ([name, value]) => [`ce_${name}`, value] as const,
  );
  return {
    topic,
    key: one.customer_id,
    value: content === null ? null : JSON.stringify(content),
    headers: { ...Object.fromEntries(attributes), 'content-type': 'application/json' },
  };
}
