import type { JsonSchema } from '../kind.js';
import { component, instant, integer, is, listOf, object, type Properties, text } from './kit.js';

const wording: Properties = { id: text, name: text, description: text, version: integer, created_at: instant };
const countedList = (items: JsonSchema): JsonSchema =>
  object({ object: is('list'), total: integer, data_ref: is('data'), data: listOf(items) });

/** Definitions of consents. */
export const consentComponents = {
  Consent: object({ ...wording, category: text, object: is('consent') }, { updated_at: instant }),
  ConsentGroup: object({ ...wording, consents: listOf(text), object: is('consent_group') }, { updated_at: instant }),
  ConsentLists: object({
    groups: countedList(component('ConsentGroup')),
    consents: countedList(component('Consent')),
  }),
};
