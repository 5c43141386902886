import { free, is, object, simpleCustomer, text } from './kit.js';

/** Custom events, and the answers to client-side calls. */
export const eventComponents = {
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
};
