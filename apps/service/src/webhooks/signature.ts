import { createHash, createHmac } from 'node:crypto';

/** The signature of contract 4.3: lower-case hex of HMAC-SHA256 over the exact body. */
export const signatureOf = (secret: string, body: string): string =>
  createHmac('sha256', secret).update(body).digest('hex');

/** The id of a delivery, derived from webhook and event, so that retries keep it. */
export const deliveryId = (webhook_id: string, news_id: string): string => `whs_${digest(`${webhook_id} ${news_id}`)}`;

/** The project id of the contract, derived from the event store. */
export const projectId = (store_id: string): string => `proj_${digest(store_id)}`;

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 18);
