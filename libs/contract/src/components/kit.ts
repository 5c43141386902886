import type { JsonSchema } from '../kind.js';

/* Building blocks of answer schemas. */

export const text: JsonSchema = { type: 'string' };
export const integer: JsonSchema = { type: 'integer' };
export const number: JsonSchema = { type: 'number' };
export const flag: JsonSchema = { type: 'boolean' };
export const free: JsonSchema = { type: 'object' };
export const day: JsonSchema = { type: 'string', format: 'date' };
export const instant: JsonSchema = { type: 'string', format: 'date-time' };
export const is = (value: string): JsonSchema => ({ const: value });
export const orNull = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: 'null' }] });
export const listOf = (items: JsonSchema): JsonSchema => ({ type: 'array', items });
export const mapOf = (additionalProperties: JsonSchema): JsonSchema => ({ type: 'object', additionalProperties });
export const component = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });
export type Properties = Readonly<Record<string, JsonSchema>>;

/** An object with required and optional properties. */
export const object = (required: Properties, optional: Properties = {}): JsonSchema => ({
  type: 'object',
  properties: { ...required, ...optional },
  required: Object.keys(required),
});

/** A customer nested in another object. */
export const simpleCustomer = object({
  id: text,
  name: orNull(text),
  email: orNull(text),
  source_id: orNull(text),
  metadata: free,
  object: is('customer'),
});
