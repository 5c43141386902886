/* Building blocks of JSON Schemas. */

export type JsonSchema = Readonly<Record<string, unknown>>;
export type Properties = Readonly<Record<string, JsonSchema>>;

export const text: JsonSchema = { type: 'string' };
export const integer: JsonSchema = { type: 'integer' };
export const number: JsonSchema = { type: 'number' };
export const flag: JsonSchema = { type: 'boolean' };
export const free: JsonSchema = { type: 'object' };
export const day: JsonSchema = { type: 'string', format: 'date' };
export const instant: JsonSchema = { type: 'string', format: 'date-time' };
export const is = (value: string): JsonSchema => ({ const: value });
export const oneOf = (...values: readonly string[]): JsonSchema => ({ enum: values });
export const orNull = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: 'null' }] });
export const listOf = (items: JsonSchema): JsonSchema => ({ type: 'array', items });
export const mapOf = (additionalProperties: JsonSchema): JsonSchema => ({ type: 'object', additionalProperties });
export const component = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });

/** An object with required and optional properties. */
export const object = (required: Properties, optional: Properties = {}): JsonSchema => ({
  type: 'object',
  properties: { ...required, ...optional },
  required: Object.keys(required),
});

/** The same schema, but objects whose properties are listed have no others. */
export function closed(schema: JsonSchema): JsonSchema {
  const isListed = schema['properties'] !== undefined && schema['additionalProperties'] === undefined;
  const inner = Object.entries(schema).map(([name, value]) => [name, closedWithin(value)] as const);
  return { ...Object.fromEntries(inner), ...(isListed && { additionalProperties: false }) };
}

function closedWithin(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closedWithin);
  return typeof value === 'object' && value !== null ? closed(value as JsonSchema) : value;
}
