import type { Dto, JsonSchema } from './kind.js';
import { type Field, shapeOf } from './shape.js';
import { type FactType, facts } from './facts/index.js';

/** The JSON Schema (2020-12) of a DTO class, derived from its decorators. */
export function dtoSchema(dto: Dto): JsonSchema {
  const { fields, rules, has_entries } = shapeOf(dto);
  const ofObject = rules.map(({ schema }) => schema);
  if (has_entries) return Object.assign({}, ...ofObject) as JsonSchema;
  const required = fields.filter(({ optional, nullish }) => !optional && !nullish).map(({ property }) => property);
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.property, propertySchema(field)])),
    ...(required.length > 0 && { required }),
    ...(ofObject.length > 0 && { allOf: ofObject }),
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
