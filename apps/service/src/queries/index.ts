import { activityQueries } from './activity.js';
import { MakeBundleHandler } from './bundle.js';
import { customerQueries } from './customer.js';
import { historyQueries } from './history.js';
import { orderQueries } from './order.js';
import { ListRedeemablesHandler } from './redeemable.js';
import { GetPortraitHandler } from './portrait.js';
import { redemptionQueries } from './redemption.js';

/** The handlers of all queries. */
export const queryHandlers = [
  ...customerQueries,
  ...activityQueries,
  ...historyQueries,
  ...orderQueries,
  ...redemptionQueries,
  GetPortraitHandler,
  ListRedeemablesHandler,
  MakeBundleHandler,
];
