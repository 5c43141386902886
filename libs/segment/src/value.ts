import type { ValueType } from './attribute.js';
import { type Complain, readConditions, testsOf } from './filter.js';
import { holds } from './test.js';

/** Conditions on one value that is no attribute of a customer, in the words of filters. */
export interface ValueConditions {
  /** In their normal form. */
  readonly source: Readonly<Record<string, readonly string[]>>;
  /** Whether all of them hold; of a list, for one of its elements. */
  readonly hold: (value: unknown, now: string) => boolean;
}

/** Reads conditions on a value of this type; undefined when there was something to complain about. */
export function valueConditions(
  at: string,
  about: { readonly name: string; readonly type: ValueType },
  said: object,
  complain: Complain,
): ValueConditions | undefined {
  let isRead = true;
  const source = readConditions(at, about, said, (problem) => {
    isRead = false;
    complain(problem);
  });
  if (!isRead) return undefined;
  const tests = testsOf(about, source);
  return {
    source,
    hold: (value, now) => tests.every(({ test, isNegated }) => holds(test, value, now) !== isNegated),
  };
}
