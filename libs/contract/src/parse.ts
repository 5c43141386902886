import { ContractError } from './errors.js';
import { isObject } from './json.js';
import { problemsOf, sentence } from './problems.js';
import type { Dto } from './kind.js';
import { type Field, fieldsOf, shapeOf } from './shape.js';

/** The origin of the input: it decides the error key, and an empty text in a query counts as absent. */
export type Where = 'body' | 'query';
export type Parsed<T> = { readonly value: T; readonly error?: undefined } | { readonly error: ContractError };

type Draft = Record<string, unknown>;

const KEYS = { body: 'invalid_payload', query: 'invalid_query_params' } as const;

/**
 * Parses plain JSON into a value of the class, or returns the problems. Unknown properties are dropped, absent ones
 * stay absent. `at` prefixes every path in the error.
 */
export function parse<T extends object>(dto: Dto<T>, input: unknown, where: Where = 'body', at = ''): Parsed<T> {
  const refuse = (details: string): Parsed<T> => ({ error: new ContractError(KEYS[where], details) });
  if (!isObject(input)) return refuse(sentence(at, 'must be an object'));
  if (shapeOf(dto).has_entries) return parseEntries(dto, input, refuse);
  const given = where === 'query' ? unbracketed(input) : input;
  const extra = where === 'query' ? unknownPartIn(dto, given) : undefined;
  if (extra !== undefined) return refuse(extra);
  const draft = assemble(dto, given, where);
  const problems = problemsOf(dto, draft, at);
  if (problems.length > 0) return { error: ContractError.ofProblems(KEYS[where], problems) };
  normalize(dto, draft);
  return { value: draft as T };
}

/** Like `parse`, but throws the ContractError. */
export function parsed<T extends object>(dto: Dto<T>, input: unknown, where: Where = 'body'): T {
  const result = parse(dto, input, where);
  if (result.error) throw result.error;
  return result.value;
}

function parseEntries<T extends object>(
  dto: Dto<T>,
  input: Readonly<Draft>,
  refuse: (details: string) => Parsed<T>,
): Parsed<T> {
  const broken = shapeOf(dto).rules.find(({ holds }) => !holds(undefined, input));
  return broken ? refuse(broken.problem(undefined, input)) : { value: Object.fromEntries(Object.entries(input)) as T };
}

/** The known properties, on the class's prototype but without its field initialisers, so that absent stays absent. */
function assemble(dto: Dto, input: Readonly<Draft>, where: Where): Draft {
  const draft = Object.create(dto.prototype as object) as Draft;
  for (const field of fieldsOf(dto)) {
    const value = Object.hasOwn(input, field.property) ? input[field.property] : undefined;
    if (isNothing(field, value, where)) {
      if (field.default !== undefined) draft[field.property] = field.default;
    } else {
      draft[field.property] = field.nested ? nest(field.nested, value, where) : value;
    }
  }
  return draft;
}

const isNothing = (field: Field, value: unknown, where: Where): boolean =>
  value === undefined || (value === null && field.nullish === true) || (value === '' && where === 'query');

function nest({ of, items_max }: NonNullable<Field['nested']>, value: unknown, where: Where): unknown {
  const one = (item: unknown): unknown => (isObject(item) ? assemble(of, item, where) : item);
  if (items_max === undefined) return one(value);
  return Array.isArray(value) && value.length <= items_max ? value.map(one) : value;
}

/** Replaces valid values by their normal form. */
function normalize(dto: Dto, draft: Draft): void {
  for (const { property, normalize: written, nested } of fieldsOf(dto)) {
    const value = draft[property];
    if (value === undefined || value === null) continue;
    if (written) draft[property] = written(value as never);
    else if (nested?.items_max !== undefined) for (const item of value as Draft[]) normalize(nested.of, item);
    else if (nested) normalize(nested.of, value as Draft);
  }
}

/** An unknown part of a parameter, such as `created_at[since]`: ignoring it would answer another question. */
function unknownPartIn(dto: Dto, query: Readonly<Draft>): string | undefined {
  for (const { property, nested } of fieldsOf(dto)) {
    const parts = query[property];
    if (!nested || !isObject(parts)) continue;
    const known = fieldsOf(nested.of).map((field) => field.property);
    const extra = Object.keys(parts).find((part) => !known.includes(part));
    if (extra !== undefined) return sentence(`.${property}`, `has no ${extra}, only: ${known.join(', ')}`);
  }
  return undefined;
}

/** Nests `[created_at][before]` and `created_at[before]`, which simple parsers leave flat. */
function unbracketed(query: Readonly<Draft>): Readonly<Draft> {
  if (!Object.keys(query).some((key) => key.includes('['))) return query;
  const nested = Object.create(null) as Draft;
  for (const [key, value] of Object.entries(query)) {
    const [, outer, inner] = /^\[?(\w+)\]?\[(\w+)\]$/.exec(key) ?? [];
    if (outer === undefined || inner === undefined) nested[key] = value;
    else nested[outer] = { ...(isObject(nested[outer]) ? nested[outer] : {}), [inner]: value };
  }
  return nested;
}
