import { jsonSchema } from '#encoding';

/* Building blocks of answer schemas. */

export const { text, integer, number, flag, free, day, instant, is, orNull, listOf, mapOf, component, object } =
  jsonSchema;
export type Properties = jsonSchema.Properties;

/** A customer nested in another object. */
export const simpleCustomer = object({
  id: text,
  name: orNull(text),
  email: orNull(text),
  source_id: orNull(text),
  metadata: free,
  object: is('customer'),
});
