import { type Attribute, attributeNamed, valueAt } from './attribute.js';
import { operators } from './operator.js';
import type { Subject } from './subject.js';
import { holds, nextChange, type Predicate } from './condition.js';
import { isTellable } from './time.js';

/** A filter in its normal form: junction in lower case, operands in lists. */
export interface Filter {
  readonly junction: Junction;
  readonly [attribute: string]: Junction | { readonly conditions: { readonly [operator: string]: readonly string[] } };
}

type Junction = 'and' | 'or';

export interface ReadFilter {
  readonly filter: Filter;
}

/** The reasons why an input is not a filter. */
export interface FilterProblems {
  readonly problems: readonly string[];
}

export interface Condition {
  readonly attribute: Attribute;
  readonly operator: string;
  readonly operand: readonly string[];
  readonly predicate: Predicate;
  readonly isNegated: boolean;
}

/** The conditions of one attribute are joined by `and`; the junction is between attributes. */
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

/** Parses untrusted input. Never throws. */
export function parseFilter(input: unknown): ReadFilter | FilterProblems {
  if (!isObject(input)) return { problems: ['The filter must be an object'] };
  const problems: string[] = [];
  const complain = (problem: string): void => void problems.push(problem);
  const { junction: named, ...attributes } = input as Readonly<Record<string, unknown>>;
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

function readJunction(input: unknown, complain: Complain): Junction {
  const junction = typeof input === 'string' ? input.toLowerCase() : input;
  if (junction === undefined || junction === 'and') return 'and';
  if (junction !== 'or') complain('Property .filter.junction must be one of: and, or');
  return 'or';
}

function readClause(name: string, input: unknown, complain: Complain): { conditions: object } {
  const attribute = name.length > TEXT_LENGTH_MAX ? undefined : attributeNamed(name);
  const conditions = isObject(input) ? (input as { conditions?: unknown }).conditions : undefined;
  if (!attribute) complain(`Property .filter.${name.slice(0, 100)} is not an attribute that can be filtered by`);
  else if (!isObject(conditions) || Object.keys(conditions).length === 0)
    complain(`Property .filter.${name}.conditions must be an object with an operator`);
  if (!attribute || !isObject(conditions)) return { conditions: {} };
  return { conditions: readConditions(`.filter.${name}`, attribute, conditions, complain) };
}

/** Normalizes operands to lists of texts; complains about operators that do not apply to the attribute. */
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
  input: unknown,
  complain: Complain,
): readonly string[] {
  const at = `Property ${within}.conditions.${operator.slice(0, 100)}`;
  const known = Object.hasOwn(operators, operator) ? operators[operator] : undefined;
  // an operator without operand accepts any
  const operand = textsOf(input) ?? (known?.read([], type) && []);
  if (!known) complain(`${at} is not a known operator`);
  else if (!known.types.includes(type)) complain(`${at} does not apply to ${name}`);
  else if (!operand || !isAccepted(known.read(operand, type), operand)) complain(`${at} must be ${known.wants}`);
  return operand ?? [];
}

/** Refuses unparsable times on input only: filters stored before this check still compile. */
const isAccepted = (predicate: Predicate | undefined, operand: readonly string[]): boolean =>
  predicate !== undefined && (predicate.kind !== 'between' || operand.every(isTellable));

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A scalar or a list of scalars (clients send both), as texts. */
function textsOf(input: unknown): readonly string[] | undefined {
  const values: readonly unknown[] = Array.isArray(input) ? input : [input];
  if (values.length > VALUES_MAX) return undefined;
  const texts = values.map((value) => {
    if (typeof value === 'string') return value.length <= TEXT_LENGTH_MAX ? value : undefined;
    return typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
      ? String(value)
      : undefined;
  });
  return texts.every((text) => text !== undefined) ? texts : undefined;
}

/** The clauses of a parsed filter. Throws on any other. */
export function clausesOf({ junction: _, ...attributes }: Filter): Clause[] {
  return Object.entries(attributes).map(([name, input]) => {
    const attribute = attributeNamed(name);
    if (!attribute || typeof input === 'string') throw new TypeError(`${name} is not an attribute`);
    const predicates = predicatesOf(attribute, input.conditions);
    return { attribute, conditions: predicates.map((one) => ({ ...one, attribute })) };
  });
}

/** The predicates of parsed conditions. Throws on any other. */
export function predicatesOf(
  { name, type }: Pick<Attribute, 'name' | 'type'>,
  conditions: Readonly<Record<string, readonly string[]>>,
): Omit<Condition, 'attribute'>[] {
  return Object.entries(conditions).map(([operator, operand]) => {
    const known = operators[operator];
    const predicate = known?.read(operand, type);
    if (!known || !predicate) throw new TypeError(`${operator} does not apply to ${name}`);
    return { operator, operand, predicate, isNegated: known.isNegated === true };
  });
}

export function isTrue(
  { attribute: { path }, predicate, isNegated }: Condition,
  subject: Subject,
  now: string,
): boolean {
  return holds(predicate, valueAt(subject, path), now) !== isNegated;
}

/** The next time at which the clock alone may change the answer for a subject. */
export function nextMembershipChange(clauses: readonly Clause[], subject: Subject, now: string): string | undefined {
  let next: string | undefined;
  for (const { conditions } of clauses) {
    for (const { attribute, predicate } of conditions) {
      const at = nextChange(predicate, valueAt(subject, attribute.path), now);
      if (at !== undefined && (next === undefined || at < next)) next = at;
    }
  }
  return next;
}
