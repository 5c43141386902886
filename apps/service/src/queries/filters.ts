import { ContractError, type ErrorKey } from '#contract';
import { valueConditions, type ValueType } from '#segment';

/** The filters of a list: the types of fields, the readers of their values, and the error of an invalid filter. */
export interface Filterable<Item> {
  /** The type of a field in comparisons; undefined for an unknown field. */
  readonly typeOf: (name: string) => ValueType | undefined;
  /** Called once for each field of a filter. */
  readonly reader: (field: string) => (item: Item) => unknown;
  readonly error: ErrorKey;
}
export type Matcher<Item> = (item: Item) => boolean;

/** Compiles for no fields only: for the rest of a query, so that a list cannot ignore a new filter. */
export const assertAllUsed = (_rest: Readonly<Record<string, never>>): void => undefined;

/**
 * Compiles `{junction, <field>: {conditions: {<operator>: operand}}}`, with the operators of segments. Relative times
 * count from `now`. Throws a ContractError.
 */
export function matcher<Item>(filters: unknown, of: Filterable<Item>, now: string): Matcher<Item> {
  if (filters === undefined || filters === null) return () => true;
  const refuse = (details: string): never => {
    throw new ContractError(of.error, details);
  };
  const objectAt = (value: unknown, path: string): Readonly<Record<string, unknown>> =>
    typeof value !== 'object' || value === null || Array.isArray(value)
      ? refuse(`Property ${path} must be an object`)
      : (value as Readonly<Record<string, unknown>>);
  const { junction = 'and', ...fields } = objectAt(filters, '.filters');
  const word = typeof junction === 'string' ? junction.toLowerCase() : '';
  if (word !== 'and' && word !== 'or') refuse('Property .filters.junction must be one of: and, or');
  const tests = Object.entries(fields).map(([field, said]) => {
    const type = of.typeOf(field) ?? refuse(`Unsupported filter used: ${field}`);
    const at = `.filters.${field}`;
    const conditions = objectAt(objectAt(said, at)['conditions'], `${at}.conditions`);
    const read = valueConditions(at, { name: field, type }, conditions, refuse);
    const valueIn = of.reader(field);
    return (item: Item): boolean => read?.hold(valueIn(item), now) ?? false;
  });
  if (tests.length === 0) return () => true;
  return word === 'and' ? (item) => tests.every((test) => test(item)) : (item) => tests.some((test) => test(item));
}

/** The type of a field by its name; metadata and others compare by the type of their value. */
export function typeNamed(field: string): ValueType {
  if (/(^|_)(date|at)$/.test(field)) return 'instant';
  return field === 'birthdate' || field === 'birthday' ? 'day' : 'any';
}
