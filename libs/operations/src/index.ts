export { FORGET_FILES, forgetFiles } from './jobs/forgetting.js';
export { afterStep, type Job, JobLost, type JobPage, type JobRequest, Jobs, type JobStep } from './jobs/jobs.js';
export type { StoredSchema } from './metadata-schemas.js';
export { Operations, type OperationsOptions } from './operations.js';
export { type ItemLease, Queue } from './queue.js';
export {
  Deliveries,
  type Delivery,
  type DeliveryPage,
  type Due,
  type Result,
  type ToDeliver,
  WEBHOOKS,
} from './webhooks/deliveries.js';
export { type DisabledReason, type Webhook, type WebhookChange, Webhooks } from './webhooks/webhooks.js';
