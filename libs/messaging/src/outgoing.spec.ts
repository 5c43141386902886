import { expect, test } from '@jest/globals';
import { type CloudEvent, Kafka } from 'cloudevents';
import { outgoingCustomer, type OutgoingEvent, outgoingEvent } from './outgoing.js';

const event: OutgoingEvent = {
  id: 'e1',
  type: 'order.paid',
  customer_id: 'cust_1',
  time: '2026-01-01T00:00:00.000Z',
  revision: 4,
  position: 9_007_199_254_740_993n,
  correlation_id: 'r1',
  causation_id: 'f1',
};

test('an event is a CloudEvent that the official library reads', () => {
  const { key, value, headers } = outgoingEvent(event, '{"a":1}');
  const read = Kafka.toEvent({ key, value, headers, body: value } as never) as CloudEvent<object>;
  expect(read.toJSON()).toMatchObject({
    specversion: '1.0',
    id: 'e1',
    type: 'order.paid',
    source: '/customer-ledger',
    subject: 'cust_1',
    time: event.time,
    streamrevision: '4',
    globalposition: '9007199254740993',
    correlationid: 'r1',
    causationid: 'f1',
    data: { a: 1 },
  });
});

test('a customer is a snapshot, or a tombstone', () => {
  const { causation_id: _none, ...first } = event;
  expect(outgoingCustomer(first, '{}')).toMatchObject({ topic: 'customers', key: 'cust_1', value: '{}' });
  expect(outgoingCustomer(first, '{}').headers).not.toHaveProperty('ce_causationid');
  expect(outgoingCustomer(event, null)).toMatchObject({ value: null, headers: { ce_type: 'customer.tombstone' } });
});
