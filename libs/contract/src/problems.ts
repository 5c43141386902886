import { type Dto, type Field, fieldsOf, needsOf } from './registry.js';

type Properties = Readonly<Record<string, unknown>>;
type Nested = NonNullable<Field['nested']>;

/** True for a valid property; the fast path of `problemsIn`. */
export function fits(field: Field, value: unknown): boolean {
  if (value === undefined) return mayBeAbsent(field);
  if (value === null) return mayBeNull(field);
  return field.problem(value) === undefined && (field.nested === undefined || fitsWithin(field.nested, value));
}

/** True for a valid object: the verdict of class-validator, in a tenth of its time. */
export const isSound = (dto: Dto, object: Properties): boolean =>
  fieldsOf(dto).every((field) => fits(field, object[field.property])) &&
  needsOf(dto).every((names) => hasOneOf(names, object));

/** All problems of an object, in the contract's words; `at` is the object's own path. */
export function* problemsOf(dto: Dto, object: Properties, at = ''): Iterable<string> {
  for (const field of fieldsOf(dto)) yield* problemsIn(field, object[field.property], at);
  for (const names of needsOf(dto)) {
    if (!hasOneOf(names, object)) yield missing(names, at);
  }
}

/** The problems of one property of the object at `at`. */
export function* problemsIn(field: Field, value: unknown, at = ''): Iterable<string> {
  if (fits(field, value)) return;
  const path = `${at}.${field.property}`;
  const problem = value === undefined ? undefined : field.problem(value);
  if (value === undefined) yield missing([field.property], at);
  else if (problem !== undefined) yield sentence(path, problem);
  else if (field.nested) yield* problemsWithin(field.nested, value, path);
}

/** Null counts as absent. */
export const hasOneOf = (names: readonly string[], object: Properties): boolean =>
  names.some((name) => (object[name] ?? undefined) !== undefined);

export const sentence = (path: string, problem: string): string =>
  `${path === '' ? 'Payload' : `Property ${path}`} ${problem}`;

export const missing = (names: readonly string[], at = ''): string =>
  sentence(at, `should have required property ${names.map((name) => `'${name}'`).join(' or ')}`);

const mayBeAbsent = ({ optional, nullish }: Field): boolean => optional === true || nullish === true;
const mayBeNull = ({ nullable, nullish }: Field): boolean => nullable === true || nullish === true;

function fitsWithin({ of, items_max }: Nested, value: unknown): boolean {
  if (items_max === undefined) return isSound(of, value as Properties);
  return (value as readonly Properties[]).every((item) => isSound(of, item));
}

function* problemsWithin({ of, items_max }: Nested, value: unknown, path: string): Iterable<string> {
  if (items_max === undefined) yield* problemsOf(of, value as Properties, path);
  else
    for (const [index, item] of (value as readonly Properties[]).entries())
      yield* problemsOf(of, item, `${path}[${index}]`);
}
