import { type Dto, entriesOf, type Field, fieldsOf, type JsonSchema, needsOf } from './registry.js';
import { type FactType, facts } from './facts/index.js';

/** The JSON Schema (2020-12) of a DTO class, derived from its decorators. */
export function dtoSchema(dto: Dto): JsonSchema {
  const entries = entriesOf(dto);
  if (entries) return entries.schema;
  const fields = fieldsOf(dto);
  const required = fields.filter(({ optional, nullish }) => !optional && !nullish).map(({ property }) => property);
  const needs = needsOf(dto).map(oneOfThem);
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.property, propertySchema(field)])),
    ...(required.length > 0 && { required }),
    ...(needs.length > 0 && { allOf: needs }),
  };
}

/** The JSON Schema of the data of every fact type. */
export function factSchemas(): Readonly<Record<FactType, JsonSchema>> {
  const schemas = Object.entries(facts).map(([type, { data, description }]) => [
    type,
    {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: `urn:customer-ledger:fact:${type}`,
      title: type,
      description,
      ...dtoSchema(data),
    },
  ]);
  return Object.fromEntries(schemas) as Record<FactType, JsonSchema>;
}

function propertySchema(field: Field): JsonSchema {
  const schema = { ...valueSchema(field), ...(field.default !== undefined && { default: field.default }) };
  return field.nullable || field.nullish ? orNull(schema) : schema;
}

function valueSchema({ nested, schema }: Field): JsonSchema {
  if (!nested) return schema;
  return nested.items_max === undefined ? dtoSchema(nested.of) : { ...schema, items: dtoSchema(nested.of) };
}

function orNull(schema: JsonSchema): JsonSchema {
  if (Array.isArray(schema['enum'])) return { ...schema, enum: [...(schema['enum'] as unknown[]), null] };
  return { ...schema, type: [schema['type'], 'null'] };
}

/** Null counts as absent. */
const oneOfThem = (properties: readonly string[]): JsonSchema => ({
  anyOf: properties.map((name) => ({ required: [name], properties: { [name]: { not: { type: 'null' } } } })),
});
