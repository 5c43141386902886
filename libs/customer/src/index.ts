export type { CardAvailabilityFact } from './card.js';
export type { ConsentFact, ConsentsSaid } from './consent.js';
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
export * as controls from './controls.js';
export type { CustomEventFact } from './custom-event.js';
export {
  blank,
  customer,
  type CustomerEvent,
  customerFrom,
  headFrom,
  type CustomerState,
  eventTypes,
  happenedBy,
  type Head,
  personal,
  type StoredEntity,
  touches,
  weightOf,
} from './customer.js';
export { FOLD_VERSION } from './fold-version.js';
export { type CustomerDocument, operandsOf, toDocument } from './document.js';
export { Entities, type EntityKey, type EntityKind, entityKinds, type EntityOf } from './entities.js';
export { type Instant, Rejection, type RejectionCode } from './fold.js';
export type { GiftCreditsFact } from './gift.js';
export { type Holding, holdings } from './holding.js';
export { isCounted, orderAmount, orderedAt, type OrderEntity, type OrderFact, orderStatus } from './order.js';
export { comparison, type Difference, differences, type Leaf, leaves, type Path, pointer } from './paths.js';
export { type OrderDocument, orderDocument } from './order-document.js';
export type { PendingPointsFact } from './pending-points.js';
export type { LoyaltyPointsFact } from './points.js';
export type { ProfileFact, ProfileInput } from './profile.js';
export { redeemedAt, type RedemptionEntity, type RedemptionFact, type RollbackFact } from './redemption.js';
export { type RedemptionDocument, redemptionDocument } from './redemption-document.js';
export type { ReferralCredit, ReferralFact } from './referral.js';
export {
  changeConsents,
  createCustomer,
  creditReferral,
  type Decide,
  deleteCustomer,
  eraseCustomer,
  importCustomer,
  placeOrder,
  recordCardAvailability,
  recordConsents,
  recordCustomEvent,
  recordGiftCredits,
  recordLoyaltyPoints,
  recordMention,
  recordOrder,
  recordPendingPoints,
  recordProfile,
  recordPublication,
  recordRedemption,
  recordReferral,
  recordRollback,
  recordTier,
  recordValidation,
  type Told,
  trackEvent,
  updateCustomer,
  upsertCustomer,
} from './rules.js';
export type { PublicationFact } from './publication.js';
export { type Judgement, recordMemberships } from './segment.js';
export type { PointsSpentFact } from './spending.js';
export { CUSTOMER_STREAMS, customerIn, customerStream } from './stream.js';
export type { TierFact } from './tier.js';
export type { ValidationFact } from './validation.js';
export { upcast, versions } from './versions.js';
