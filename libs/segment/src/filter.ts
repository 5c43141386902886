import { type Attribute, attributeNamed, valueAt } from './attribute.js';
import { operators } from './operator.js';
import type { Subject } from './subject.js';
import { holds, nextChange, type Test } from './test.js';
import { isTellable } from './time.js';

/** A filter as it was said, in the form that means the same everywhere: junction in small letters, operands in lists. */
export interface Filter {
  readonly junction: Junction;
  readonly [attribute: string]: Junction | { readonly conditions: { readonly [operator: string]: readonly string[] } };
}

type Junction = 'and' | 'or';

export interface ReadFilter {
  readonly filter: Filter;
}

/** What is wrong with something that should have been a filter. */
export interface FilterProblems {
  readonly problems: readonly string[];
}

export interface Condition {
  readonly attribute: Attribute;
  readonly operator: string;
  readonly operand: readonly string[];
  readonly test: Test;
  readonly isNegated: boolean;
}

/** The conditions of one attribute hold together; the junction is between attributes. */
export interface Clause {
  readonly attribute: Attribute;
  readonly conditions: readonly Condition[];
}

const ATTRIBUTES_MAX = 50;
const CONDITIONS_MAX = 20;
/** Values of one operand (contract 8). */
const VALUES_MAX = 200;
const TEXT_LENGTH_MAX = 1_000;
const PROBLEMS_MAX = 20;

export type Complain = (problem: string) => void;

/** Reads what came from outside. Never throws. */
export function parseFilter(said: unknown): ReadFilter | FilterProblems {
  if (!isObject(said)) return { problems: ['The filter must be an object'] };
  const problems: string[] = [];
  const complain = (problem: string): void => void problems.push(problem);
  const { junction: named, ...attributes } = said as Readonly<Record<string, unknown>>;
  const junction = readJunction(named, complain);
  const entries = Object.entries(attributes);
  if (entries.length === 0) complain('The filter names no attribute');
  if (entries.length > ATTRIBUTES_MAX) complain(`The filter names more than ${ATTRIBUTES_MAX} attributes`);
  const clauses = entries
    .slice(0, ATTRIBUTES_MAX)
    .map(([name, one]) => [name, readClause(name, one, complain)] as const);
  if (problems.length > 0) return { problems: problems.slice(0, PROBLEMS_MAX) };
  return { filter: Object.fromEntries([['junction', junction], ...clauses]) as unknown as Filter };
}

function readJunction(said: unknown, complain: Complain): Junction {
  const junction = typeof said === 'string' ? said.toLowerCase() : said;
  if (junction === undefined || junction === 'and') return 'and';
  if (junction !== 'or') complain('Property .filter.junction must be one of: and, or');
  return 'or';
}

function readClause(name: string, said: unknown, complain: Complain): { conditions: object } {
  const attribute = name.length > TEXT_LENGTH_MAX ? undefined : attributeNamed(name);
  const conditions = isObject(said) ? (said as { conditions?: unknown }).conditions : undefined;
  if (!attribute) complain(`Property .filter.${name.slice(0, 100)} is not an attribute that can be filtered by`);
  else if (!isObject(conditions) || Object.keys(conditions).length === 0)
    complain(`Property .filter.${name}.conditions must be an object with an operator`);
  if (!attribute || !isObject(conditions)) return { conditions: {} };
  return { conditions: readConditions(`.filter.${name}`, attribute, conditions, complain) };
}

/** Operators with their operands as lists of texts; complains about what cannot be asked of such a value. */
export function readConditions(
  at: string,
  about: Pick<Attribute, 'name' | 'type'>,
  conditions: object,
  complain: Complain,
): Readonly<Record<string, readonly string[]>> {
  const entries = Object.entries(conditions);
  if (entries.length > CONDITIONS_MAX) complain(`Property ${at} has more than ${CONDITIONS_MAX} conditions`);
  const read = entries
    .slice(0, CONDITIONS_MAX)
    .map(([operator, operand]) => [operator, readOperand(at, about, operator, operand, complain)] as const);
  return Object.fromEntries(read);
}

function readOperand(
  within: string,
  { name, type }: Pick<Attribute, 'name' | 'type'>,
  operator: string,
  said: unknown,
  complain: Complain,
): readonly string[] {
  const at = `Property ${within}.conditions.${operator.slice(0, 100)}`;
  const known = Object.hasOwn(operators, operator) ? operators[operator] : undefined;
  // an operator that asks for nothing takes anything
  const operand = textsOf(said) ?? (known?.read([], type) && []);
  if (!known) complain(`${at} is not an operator that is known`);
  else if (!known.types.includes(type)) complain(`${at} cannot be asked of ${name}`);
  else if (!operand || !isMeant(known.read(operand, type), operand)) complain(`${at} must be ${known.wants}`);
  return operand ?? [];
}

/** Whether there is a test, and every time that it speaks of could be told: what was kept before this was asked is read all the same. */
const isMeant = (test: Test | undefined, operand: readonly string[]): boolean =>
  test !== undefined && (test.kind !== 'between' || operand.every(isTellable));

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A scalar or a list of scalars (both occur), as texts. */
function textsOf(said: unknown): readonly string[] | undefined {
  const values: readonly unknown[] = Array.isArray(said) ? said : [said];
  if (values.length > VALUES_MAX) return undefined;
  const texts = values.map((value) => {
    if (typeof value === 'string') return value.length <= TEXT_LENGTH_MAX ? value : undefined;
    return typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
      ? String(value)
      : undefined;
  });
  return texts.every((text) => text !== undefined) ? texts : undefined;
}

/** The clauses of a filter that was read before. Throws on one that was not. */
export function clausesOf({ junction: _, ...attributes }: Filter): Clause[] {
  return Object.entries(attributes).map(([name, said]) => {
    const attribute = attributeNamed(name);
    if (!attribute || typeof said === 'string') throw new TypeError(`${name} is not an attribute`);
    const tests = testsOf(attribute, said.conditions);
    return { attribute, conditions: tests.map((one) => ({ ...one, attribute })) };
  });
}

/** What conditions that were read before ask of a value. Throws on others. */
export function testsOf(
  { name, type }: Pick<Attribute, 'name' | 'type'>,
  conditions: Readonly<Record<string, readonly string[]>>,
): Omit<Condition, 'attribute'>[] {
  return Object.entries(conditions).map(([operator, operand]) => {
    const known = operators[operator];
    const test = known?.read(operand, type);
    if (!known || !test) throw new TypeError(`${operator} cannot be asked of ${name}`);
    return { operator, operand, test, isNegated: known.isNegated === true };
  });
}

export function isTrue({ attribute: { path }, test, isNegated }: Condition, subject: Subject, now: string): boolean {
  return holds(test, valueAt(subject, path), now) !== isNegated;
}

/** The next time at which now alone may change what a filter says of a subject. */
export function nextFlip(clauses: readonly Clause[], subject: Subject, now: string): string | undefined {
  let next: string | undefined;
  for (const { conditions } of clauses) {
    for (const { attribute, test } of conditions) {
      const at = nextChange(test, valueAt(subject, attribute.path), now);
      if (at !== undefined && (next === undefined || at < next)) next = at;
    }
  }
  return next;
}
