import { activityQueries } from './activity.js';
import { MakeBundleHandler } from './bundle.js';
import { customerQueries } from './customer.js';
import { historyQueries } from './history.js';

/** Everything that can be asked. */
export const queryHandlers = [...customerQueries, ...activityQueries, ...historyQueries, MakeBundleHandler];
