import { ContractError } from '#contract';

/** The value of a field of what is filtered. */
export type ValueOf<Item> = (item: Item, field: string) => unknown;
export type Matcher<Item> = (item: Item) => boolean;
type Test = (value: unknown, operand: unknown) => boolean;

/** Numbers as numbers, everything else, instants too, as text. */
function order(value: unknown, operand: unknown): number {
  if (value === undefined || value === null) return Number.NaN;
  const [a, b] = [Number(value), Number(operand)];
  if (textOf(value) !== '' && textOf(operand) !== '' && !Number.isNaN(a) && !Number.isNaN(b)) return a - b;
  const [one, other] = [textOf(value), textOf(operand)];
  return one < other ? -1 : one > other ? 1 : 0;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

const listOf = (operand: unknown): readonly unknown[] => (Array.isArray(operand) ? operand : [operand]);
const isAny: Test = (value, operand) => listOf(operand).some((one) => textOf(value) === textOf(one));
const isThere: Test = (value) => value !== undefined && value !== null && value !== '';
const instant = (operand: unknown): string => {
  const time = typeof operand === 'string' ? Date.parse(operand) : Number.NaN;
  return Number.isNaN(time) ? textOf(operand) : new Date(time).toISOString();
};
const holds =
  (test: (text: string, part: string) => boolean): Test =>
  (value, operand) =>
    isThere(value, '') && listOf(operand).some((one) => test(textOf(value), textOf(one)));

/** The part of the contract's operators that exports know; whoever is unknown fits the negative ones. */
const OPERATORS: Readonly<Record<string, Test>> = {
  $is: isAny,
  $is_not: (value, operand) => !isAny(value, operand),
  $in: isAny,
  $not_in: (value, operand) => !isAny(value, operand),
  $has_value: isThere,
  $is_unknown: (value) => !isThere(value, ''),
  $contains: holds((text, part) => text.includes(part)),
  $not_contain: (value, operand) => !holds((text, part) => text.includes(part))(value, operand),
  $starts_with: holds((text, part) => text.startsWith(part)),
  $ends_with: holds((text, part) => text.endsWith(part)),
  $more_than: (value, operand) => order(value, operand) > 0,
  $less_than: (value, operand) => order(value, operand) < 0,
  $more_than_equal: (value, operand) => order(value, operand) >= 0,
  $less_than_equal: (value, operand) => order(value, operand) <= 0,
  $after: (value, operand) => order(value, instant(operand)) > 0,
  $before: (value, operand) => order(value, instant(operand)) < 0,
};

/** Reads `{junction, <field>: {conditions: {<operator>: operand}}}`. Throws `invalid_export_params`. */
export function matcher<Item>(
  filters: unknown,
  fieldExists: (name: string) => boolean,
  valueOf: ValueOf<Item>,
): Matcher<Item> {
  // prettier-ignore
  if (filters === undefined || filters === null) return () => true;
  const { junction = 'and', ...fields } = objectAt(filters, '.filters');
  const word = typeof junction === 'string' ? junction.toLowerCase() : '';
  if (word !== 'and' && word !== 'or') throw refused('Property .filters.junction must be one of: and, or');
  const tests = Object.entries(fields).map(([field, said]) => {
    if (!fieldExists(field)) throw refused(`Unsupported filter used: ${field}`);
    const conditions = Object.entries(objectAt(objectAt(said, `.filters.${field}`)['conditions'], `.filters.${field}.conditions`)); // prettier-ignore
    const bound = conditions.map(([operator, operand]) => [operatorOf(operator), operand] as const);
    return (item: Item): boolean => {
      const value = valueOf(item, field);
      return bound.every(([test, operand]) => test(value, operand));
    };
  });
  if (tests.length === 0) return () => true;
  return word === 'and' ? (item) => tests.every((test) => test(item)) : (item) => tests.some((test) => test(item));
}

function operatorOf(name: string): Test {
  const test = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
  if (!test)
    throw refused(`Unsupported operator used: ${name}. Allowed operators: ${Object.keys(OPERATORS).join(', ')}`);
  return test;
}

function objectAt(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refused(`Property ${path} must be an object`);
  return value as Readonly<Record<string, unknown>>;
}

const refused = (details: string): ContractError => new ContractError('invalid_export_params', details);
