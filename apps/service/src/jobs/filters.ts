import { ContractError } from '#contract';
import { valueConditions, type ValueType } from '#segment';

/** The value of a field of what is filtered. */
export type ValueOf<Item> = (item: Item, field: string) => unknown;
export type Matcher<Item> = (item: Item) => boolean;

/**
 * Reads `{junction, <field>: {conditions: {<operator>: operand}}}`, in the words of segments. What depends on the present is
 * seen from `now`. Throws `invalid_export_params`.
 */
export function matcher<Item>(
  filters: unknown,
  fieldExists: (name: string) => boolean,
  valueOf: ValueOf<Item>,
  now: string,
): Matcher<Item> {
  if (filters === undefined || filters === null) return () => true;
  const { junction = 'and', ...fields } = objectAt(filters, '.filters');
  const word = typeof junction === 'string' ? junction.toLowerCase() : '';
  if (word !== 'and' && word !== 'or') throw refused('Property .filters.junction must be one of: and, or');
  const tests = Object.entries(fields).map(([field, said]) => {
    if (!fieldExists(field)) throw refused(`Unsupported filter used: ${field}`);
    const at = `.filters.${field}`;
    const conditions = objectAt(objectAt(said, at)['conditions'], `${at}.conditions`);
    const read = valueConditions(at, { name: field, type: typeOf(field) }, conditions, (problem) => {
      throw refused(problem);
    });
    return (item: Item): boolean => read?.hold(valueOf(item, field), now) ?? false;
  });
  if (tests.length === 0) return () => true;
  return word === 'and' ? (item) => tests.every((test) => test(item)) : (item) => tests.some((test) => test(item));
}

/** Metadata and the like are compared as what they are. */
function typeOf(field: string): ValueType {
  if (/(^|_)(date|at)$/.test(field)) return 'instant';
  return field === 'birthdate' || field === 'birthday' ? 'day' : 'any';
}

function objectAt(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refused(`Property ${path} must be an object`);
  return value as Readonly<Record<string, unknown>>;
}

const refused = (details: string): ContractError => new ContractError('invalid_export_params', details);
