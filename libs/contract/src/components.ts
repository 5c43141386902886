import { asyncActionComponents } from './components/async-action.js';
import { component, free, integer, is, listOf, mapOf, object, orNull, text } from './components/kit.js';
import { consentComponents } from './components/consent.js';
import { customerComponents } from './components/customer.js';
import { eventComponents } from './components/event.js';
import { exportComponents } from './components/export.js';
import { historyComponents } from './components/history.js';
import { metadataSchemaComponents } from './components/metadata-schema.js';
import { orderComponents } from './components/order.js';
import { rebuildComponents } from './components/rebuild.js';
import { segmentComponents } from './components/segment.js';
import { redeemableComponents } from './components/redeemable.js';
import { redemptionComponents } from './components/redemption.js';
import { validationRuleComponents } from './components/validation-rule.js';
import { webhookComponents } from './components/webhook.js';
import type { JsonSchema } from './kind.js';

const error = object(
  { code: { type: 'integer', description: 'The HTTP status' }, message: text },
  { key: text, details: text, request_id: text, resource_id: text, resource_type: text },
);

const tooLarge = object({ statusCode: { const: 413 }, error: text, message: text });

const factResult: JsonSchema = {
  type: 'object',
  properties: {
    id: orNull(text),
    source: orNull(text),
    status: { enum: ['accepted', 'duplicate', 'rejected'] },
    customer_id: text,
    revision: integer,
    position: text,
    error: component('Error'),
  },
  required: ['id', 'source', 'status'],
};

/** The OpenAPI schemas of the answers, by name. */
export const componentSchemas = (): Readonly<Record<string, JsonSchema>> => ({
  ...customerComponents,
  ...orderComponents,
  ...redemptionComponents,
  ...redeemableComponents,
  ...eventComponents,
  ...consentComponents,
  ...historyComponents,
  ...rebuildComponents,
  ...asyncActionComponents,
  ...exportComponents,
  ...metadataSchemaComponents,
  ...segmentComponents,
  ...validationRuleComponents,
  ...webhookComponents,
  Error: { anyOf: [error, tooLarge] },
  FactResult: factResult,
  FactResults: object({
    object: is('list'),
    data_ref: is('results'),
    results: listOf(component('FactResult')),
    accepted: integer,
    duplicate: integer,
    rejected: integer,
  }),
  FactSchemas: mapOf(free),
  Health: object({ status: { enum: ['ok', 'unavailable'] } }, { problems: listOf(text) }),
});
