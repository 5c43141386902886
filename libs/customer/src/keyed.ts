import { compareTexts } from './text.js';

/** A record whose keys may be any text, `__proto__` included: read with `own`, written with `put`. */
export type Keyed<Value> = { readonly [key: string]: Value };

export const own = <Value>(record: Keyed<Value>, key: string): Value | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;

export const put = <Value>(record: Keyed<Value>, key: string, value: Value): Keyed<Value> => ({
  ...record,
  [key]: value,
});

export function without<Value>(record: Keyed<Value>, key: string): Keyed<Value> {
  const { [key]: _, ...others } = record;
  return others;
}

/** The entries in the order of their keys, by code point, so that the output does not depend on the order of facts. */
export const inOrder = <Value>(record: Keyed<Value>): [key: string, value: Value][] =>
  Object.entries(record).sort(([a], [b]) => compareTexts(a, b));
