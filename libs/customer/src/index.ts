export type { GiftCard, LoyaltyCard } from './card-account.js';
export { type ConsentsSaid } from './consent.js';
export {
  type ConsentCatalog,
  consentCatalog,
  type ConsentCatalogEvent,
  consentCatalogTypes,
  type ConsentGroupInput,
  consentGroupObject,
  type ConsentInput,
  consentLists,
  consentObject,
  CONSENTS_STREAM,
  defineConsent,
  defineConsentGroup,
  reviseConsent,
  reviseConsentGroup,
  withdrawConsent,
  withdrawConsentGroup,
  wordingsOf,
} from './consent-catalog.js';
export { consentsAround, isRepeated, momentsConcerned } from './consent-moments.js';
export * as controls from './controls.js';
export {
  blank,
  customer,
  type CustomerEvent,
  customerFrom,
  headFrom,
  type CustomerState,
  entityKinds,
  eventTypes,
  happenedBy,
  type Head,
  personal,
  type StoredEntity,
  touches,
  type AnyFact,
  type FactKind,
  type FactOf,
  NAMED,
  weightOf,
} from './customer.js';
export { type CustomerDocument, datesOf, operandsOf, toDocument } from './document.js';
export {
  Entities,
  type EntityGroup,
  type EntityKey,
  type EntityKind,
  type EntityOf,
  groupPrefix,
  type Need,
  NotLoaded,
} from './entities.js';
export { Rejection, type RejectionCode } from './fold.js';
export { earlier, type Instant, later, next, nine, precise, shown } from './instant.js';
export { FOLD_VERSION } from './fold-version.js';
export { type HeldCards, type Holding, holdings } from './holding.js';
export { inOrder } from './keyed.js';
export { campaignKey, type CampaignReference, type Tier, tierOf } from './loyalty.js';
export {
  isCounted,
  orderAmount,
  orderedAt,
  type OrderEntity,
  type OrderHappening,
  orderStatus,
  statusRank,
} from './order.js';
export { comparison, type Difference, differences, type Leaf, leaves, type Path, pointer } from './paths.js';
export { type OrderDocument, orderDocument } from './order-document.js';
export { isNamedBy, type ProfileFact, type ProfileInput, type Reference, sourceIdOf } from './profile.js';
export { timeOf } from './register.js';
export { isUsed, redeemedAt, type RedemptionEntity } from './redemption.js';
export { type RedemptionDocument, redemptionDocument } from './redemption-document.js';
export { type CreditDue, creditsDue, creditsEnding, isReferredBy, isSelfReferral } from './referral.js';
export { creditsOf, type ReferralCredit } from './referral-credit.js';
export {
  changeConsents,
  conflictOf,
  createCustomer,
  creditReferral,
  type Decide,
  type Decided,
  deleteCustomer,
  eraseCustomer,
  importCustomer,
  placeOrder,
  record,
  recordFact,
  recordMemberships,
  recordMention,
  recordProfile,
  resolveReferrer,
  type WithCustomer,
  trackEvent,
  updateCustomer,
  upsertCustomer,
} from './rules.js';
export type { Judgement } from './segment.js';
export { type Origin, OWN_SOURCES, type Provenance, stampOf } from './statement.js';
export { CUSTOMER_STREAMS, customerIn, customerStream } from './stream.js';
export { nextTierMoment, tierBefore } from './tier.js';
export { compareTexts } from './text.js';
export { upcast, versions } from './versions.js';
