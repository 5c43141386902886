export type { Activity, ActivityKey, Known, Statement } from './activity.js';
export { type Claim, type Creation, creationsOf } from './creation.js';
export { changedBy, describe, isInLogOrder, objectOf, objectsAhead, saysOf } from './events.js';
export { activityId, type Cause, causeOf, creationId } from './identity.js';
export { type ActivityMessage, documentOf, messagesOf } from './messages.js';
export { activityComponents } from './schemas.js';
export { simpleCustomer, type SimpleCustomer } from './simple-customer.js';
export { ACTIVITY_TYPES, type ActivityType, isActivityType, rankOf, type TypeOfActivity } from './types.js';
