import { createHash, createHmac } from 'node:crypto';

/** Contract 4.3: lower-case hex of HMAC-SHA256 over the body as it is sent. */
export const signatureOf = (secret: string, body: string): string =>
  createHmac('sha256', secret).update(body).digest('hex');

/** The delivery of one piece of news to one webhook: the same id however often it is written down or sent. */
export const deliveryId = (webhook_id: string, news_id: string): string => `whs_${digest(`${webhook_id} ${news_id}`)}`;

/** The contract names a project; here the history is one. */
export const projectId = (store_id: string): string => `proj_${digest(store_id)}`;

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 18);
