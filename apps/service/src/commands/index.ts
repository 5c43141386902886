import { accessCommands } from './access.js';
import { consentCatalogCommands } from './consent-catalog.js';
import { consentCommands } from './consent.js';
import { customEventCommands } from './custom-event.js';
import { erasureCommands } from './erasure.js';
import { factCommands } from './fact.js';
import { orderCommands } from './order.js';
import { profileCommands } from './profile.js';
import { referralCommands } from './referral.js';
import { segmentCommands } from './segment.js';
import { validationRulesCommands } from './validation-rules.js';

/** The handlers of all commands on customers and the catalog of consents. */
export const commandHandlers = [
  ...profileCommands,
  ...consentCommands,
  ...factCommands,
  ...orderCommands,
  ...referralCommands,
  ...customEventCommands,
  ...erasureCommands,
  ...consentCatalogCommands,
  ...segmentCommands,
  ...accessCommands,
  ...validationRulesCommands,
];
