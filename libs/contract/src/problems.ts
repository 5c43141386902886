import type { Dto } from './kind.js';
import { type Field, shapeOf } from './shape.js';

type Properties = Readonly<Record<string, unknown>>;

/** All problems of an object, in the contract's words; `at` is the object's own path. */
export function problemsOf(dto: Dto, object: Properties, at = ''): readonly string[] {
  const found: string[] = [];
  judge(dto, object, at, found);
  return found;
}

export const sentence = (path: string, problem: string): string =>
  `${path === '' ? 'Payload' : `Property ${path}`} ${problem}`;

function judge(dto: Dto, object: Properties, at: string, found: string[]): void {
  const { fields, rules } = shapeOf(dto);
  for (const field of fields) judgeProperty(field, object, at, found);
  for (const { holds, problem } of rules) {
    if (!holds(undefined, object)) found.push(sentence(at, problem(undefined, object)));
  }
}

function judgeProperty(field: Field, object: Properties, at: string, found: string[]): void {
  const { property, nested, isJudged, validators } = field;
  const value = object[property];
  if (!isJudged(object, value)) return;
  for (const { holds, problem } of validators) {
    if (holds(value, object)) continue;
    if (value === undefined) found.push(sentence(at, `should have required property '${property}'`));
    else found.push(sentence(`${at}.${property}`, problem(value, object)));
    return;
  }
  if (nested) judgeNested(nested, value, `${at}.${property}`, found);
}

function judgeNested(
  { of, items_max }: NonNullable<Field['nested']>,
  value: unknown,
  path: string,
  found: string[],
): void {
  if (items_max === undefined) judge(of, value as Properties, path, found);
  else
    for (const [index, item] of (value as readonly Properties[]).entries()) judge(of, item, `${path}[${index}]`, found);
}
