import { component, flag, free, instant, integer, is, listOf, mapOf, object, orNull, text } from './kit.js';

/** Validation rules, contract 5.2. */
export const validationRuleComponents = {
  ValidationRules: object({
    id: text,
    name: text,
    rules: { ...free, description: 'By name, and `logic`' },
    error: orNull(object({ message: text })),
    applicable_to: orNull(free),
    type: text,
    context_type: text,
    assignments_count: integer,
    created_at: instant,
    updated_at: orNull(instant),
    object: is('validation_rules'),
  }),
  ValidationRulesList: object({
    object: is('list'),
    data_ref: is('data'),
    data: listOf(component('ValidationRules')),
    total: integer,
  }),
  ValidationCheck: object(
    {
      id: text,
      object: is('validation_check'),
      valid: flag,
      rules: mapOf(object({ name: text, valid: flag }, { error: text })),
      error: orNull(object({ message: text })),
    },
    { customer_id: text, recorded: flag },
  ),
};
