import { METADATA_TYPES } from '../metadata-schema.js';
import { component, flag, instant, integer, is, listOf, mapOf, object, text } from './kit.js';

/** Schemas of metadata. */
export const metadataSchemaComponents = {
  MetadataSchema: object(
    {
      id: text,
      related_object: text,
      properties: mapOf(object({ type: { enum: METADATA_TYPES }, array: flag, optional: flag }, { objectType: text })),
      allow_defined_only: flag,
      created_at: instant,
      object: is('metadata_schema'),
    },
    { updated_at: instant },
  ),
  MetadataSchemaList: object({
    object: is('list'),
    data_ref: is('schemas'),
    schemas: listOf(component('MetadataSchema')),
    total: integer,
  }),
};
