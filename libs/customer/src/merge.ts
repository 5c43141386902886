import type { Instant } from './fold.js';

/** A record whose keys may be any text, `__proto__` included: read with `own`, written with `put`. */
export type Keyed<Value> = { readonly [key: string]: Value };

export const own = <Value>(record: Keyed<Value>, key: string): Value | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;

export const put = <Value>(record: Keyed<Value>, key: string, value: Value): Keyed<Value> => ({
  ...record,
  [key]: value,
});

/** The entries in the order of their keys: what is shown must not depend on what was said first. */
export const inOrder = <Value>(record: Keyed<Value>): [key: string, value: Value][] =>
  Object.entries(record).sort(([a], [b]) => compare(a, b));

export const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Fields, each with the time at which it was last said. */
export interface Registers<Fields extends object> {
  readonly values: Partial<Fields>;
  readonly times: Keyed<Instant>;
}

export const unsaid: Registers<Record<never, never>> = { values: {}, times: {} };

/** How two values said at the same time compare: the greater text wins. */
export type TieText = (field: string, value: unknown) => string;

/**
 * Last writer wins, field by field: the later time, at equal times the greater value. Commutative, associative and
 * idempotent, so the order in which things are said does not matter. Absent fields say nothing; null does.
 * Returns the very same registers when nothing changes.
 */
export function merge<Fields extends object>(
  before: Registers<Fields> | undefined,
  said: Partial<Fields>,
  at: Instant,
  tie: TieText = canonicalOf,
): Registers<Fields> {
  const known: Registers<Fields> = before ?? unsaid;
  const news = Object.entries(said).filter(
    ([field, value]) => value !== undefined && wins(known, field, value, at, tie),
  );
  if (news.length === 0 && before) return before;
  return {
    values: { ...known.values, ...Object.fromEntries(news) },
    times: { ...known.times, ...Object.fromEntries(news.map(([field]) => [field, at])) },
  };
}

function wins<Fields extends object>(
  known: Registers<Fields>,
  field: string,
  value: unknown,
  at: Instant,
  tie: TieText,
): boolean {
  const time = own(known.times, field);
  if (time === undefined || at > time) return true;
  return at === time && tie(field, value) > tie(field, own(known.values as Keyed<unknown>, field));
}

const canonicalOf: TieText = (_field, value) => canonical(value);

/** JSON with sorted keys: one text per value. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(inOrder(inner as Keyed<unknown>))
      : inner,
  );
}

export const later = (a: Instant | undefined, b: Instant): Instant => (a === undefined || b > a ? b : a);
export const earlier = (a: Instant | undefined, b: Instant): Instant => (a === undefined || b < a ? b : a);

/** A sum, or NaN from the first one on that is not an exact integer: a rule sees that in the end and refuses. */
export function plus(a: number, b: number): number {
  const sum = a + b;
  return Number.isSafeInteger(sum) ? sum : Number.NaN;
}

export function total(amounts: Iterable<number>): number {
  let sum = 0;
  for (const amount of amounts) sum = plus(sum, amount);
  return sum;
}

/** Adds an amount to one entry; an amount of 0 still makes the entry. */
export const add = (sums: Keyed<number>, key: string, amount: number): Keyed<number> =>
  amount === 0 && Object.hasOwn(sums, key) ? sums : put(sums, key, plus(own(sums, key) ?? 0, amount));
