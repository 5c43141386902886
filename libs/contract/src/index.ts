export {
  eventsIn,
  type Fact,
  type FactMessage,
  type FactReference,
  mediaType,
  parseFact,
  parseFacts,
  type UnreadableFact,
} from './cloud-events.js';
export { FactEnvelope } from './fact-envelope.js';
export { type FactTime, timesIn } from './fact-times.js';
export { toInstant } from './instant.js';
export { componentSchemas } from './components.js';
export { simpleCustomer as simpleCustomerSchema } from './components/kit.js';
export { AsyncActionListQuery } from './dto/async-action.js';
export { BulkCustomer, BulkMetadata } from './dto/bulk.js';
export { ActivitiesQuery, ActivityQuery } from './dto/activity.js';
export { BundleQuery } from './dto/bundle.js';
export {
  ConsentBody,
  ConsentChangeBody,
  ConsentGroupBody,
  ConsentGroupChangeBody,
  ConsentsBody,
} from './dto/consent.js';
export { EventBody } from './dto/event.js';
export { CustomerBody } from './dto/customer.js';
export { ExportBody, ExportListQuery } from './dto/export.js';
export { FeedQuery } from './dto/feed.js';
export { AccessLogQuery, CustomerQuery, DiffQuery, ExplainQuery, HistoryQuery } from './dto/history.js';
export { MetadataSchemaBody } from './dto/metadata-schema.js';
export { RebuildBody } from './dto/rebuild.js';
export { RedeemablesQuery } from './dto/redeemable.js';
export { RedemptionListQuery, VoucherRedemptionsQuery } from './dto/redemption.js';
export { OrderBody, OrderListQuery } from './dto/order.js';
export { DeliveryQuery, ResendBody, WebhookBody, WebhookChangeBody } from './dto/webhook.js';
export { CustomerListQuery, type CustomerOrder } from './dto/customer-list.js';
export {
  SegmentActivityQuery,
  SegmentBody,
  SegmentChangeBody,
  SegmentListQuery,
  SegmentPreviewBody,
} from './dto/segment.js';
export {
  ValidationCheckBody,
  ValidationRulesBody,
  ValidationRulesChangeBody,
  ValidationRulesListQuery,
} from './dto/validation-rule.js';
export { ContractError, type ErrorKey, errors } from './errors.js';
export { type FactInput, facts, type FactType, factTypes } from './facts/index.js';
export type { Dto, JsonSchema } from './kind.js';
export { limits } from './limits.js';
export { metadataProblem, metadataProperties, type MetadataRules, typedCell } from './metadata-schema.js';
export { parse, parsed, type Parsed, type Where } from './parse.js';
export { rejected } from './rejections.js';
export { dtoSchema, factSchemas } from './schemas.js';
