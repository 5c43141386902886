import { accessLogQueries } from './access-log.js';
import { activityQueries } from './activity.js';
import { MakeBundleHandler } from './bundle.js';
import { customerQueries } from './customer.js';
import { historyQueries } from './history.js';
import { orderQueries } from './order.js';
import { ListRedeemablesHandler } from './redeemable.js';
import { GetCustomerOverviewHandler } from './customer-overview.js';
import { consentQueries } from './consent.js';
import { membershipQueries } from './membership.js';
import { redemptionQueries } from './redemption.js';
import { segmentQueries } from './segment.js';
import { validationRulesQueries } from './validation-rules.js';

/** The handlers of all queries. */
export const queryHandlers = [
  ...customerQueries,
  ...activityQueries,
  ...historyQueries,
  ...accessLogQueries,
  ...orderQueries,
  ...redemptionQueries,
  ...consentQueries,
  ...segmentQueries,
  ...membershipQueries,
  ...validationRulesQueries,
  GetCustomerOverviewHandler,
  ListRedeemablesHandler,
  MakeBundleHandler,
];
