/** A message on its way out; a `null` value is a tombstone. */
export interface Outgoing {
  readonly topic: 'events' | 'customers';
  readonly key: string;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** What is said about a recorded event of a customer besides its data. */
export interface OutgoingEvent {
  readonly id: string;
  readonly type: string;
  readonly customer_id: string;
  /** ISO 8601. */
  readonly time: string;
  /** Of the event in the customer's stream. */
  readonly revision: number;
  readonly position: bigint;
  readonly correlation_id: string;
  readonly causation_id?: string | undefined;
}

export const OUR_SOURCE = '/customer-ledger';

/** A customer event as a CloudEvent 1.0 in Kafka's binary mode; `data` is JSON text. */
export const outgoingEvent = (event: OutgoingEvent, data: string, source = OUR_SOURCE): Outgoing => ({
  topic: 'events',
  key: event.customer_id,
  value: data,
  headers: headersOf(event, event.type, source),
});

/** A customer as the event left it: JSON text, or `null` for one who is gone. */
export const outgoingCustomer = (event: OutgoingEvent, document: string | null, source = OUR_SOURCE): Outgoing => ({
  topic: 'customers',
  key: event.customer_id,
  value: document,
  headers: headersOf(event, document === null ? 'customer.tombstone' : 'customer.snapshot', source),
});

const headersOf = (event: OutgoingEvent, type: string, source: string): Record<string, string> => ({
  ce_specversion: '1.0',
  ce_id: event.id,
  ce_type: type,
  ce_source: source,
  ce_subject: event.customer_id,
  ce_time: event.time,
  ce_streamrevision: String(event.revision),
  ce_globalposition: String(event.position),
  ce_correlationid: event.correlation_id,
  ...(event.causation_id !== undefined && { ce_causationid: event.causation_id }),
  'content-type': 'application/json',
});
