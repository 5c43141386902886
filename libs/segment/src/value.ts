import type { ValueType } from './attribute.js';
import { type Complain, readConditions, predicatesOf } from './filter.js';
import { holds } from './condition.js';

/** Conditions on a single value that is not an attribute of a customer, with the operators of filters. */
export interface ValueConditions {
  /** The conditions in their normal form. */
  readonly source: Readonly<Record<string, readonly string[]>>;
  /** True when all of them match; a list matches when one of its elements does. */
  readonly hold: (value: unknown, now: string) => boolean;
}

/** Parses conditions on a value of this type; undefined after a complaint. */
export function valueConditions(
  at: string,
  about: { readonly name: string; readonly type: ValueType },
  input: object,
  complain: Complain,
): ValueConditions | undefined {
  let isRead = true;
  const source = readConditions(at, about, input, (problem) => {
    isRead = false;
    complain(problem);
  });
  if (!isRead) return undefined;
  const predicates = predicatesOf(about, source);
  return {
    source,
    hold: (value, now) => predicates.every(({ predicate, isNegated }) => holds(predicate, value, now) !== isNegated),
  };
}
