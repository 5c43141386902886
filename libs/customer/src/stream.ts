/** A customer's events are the stream of this prefix and the customer's id. */
export const CUSTOMER_STREAMS = 'customer-';
export const customerStream = (id: string): string => CUSTOMER_STREAMS + id;
export const customerIn = (stream: string): string => stream.slice(CUSTOMER_STREAMS.length);
