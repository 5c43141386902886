import type { ValueType } from './attribute.js';
import { circleIn } from './place.js';
import { type Predicate, numberIn } from './condition.js';
import { instantIn, textOf, DAY_MS } from './time.js';

/** A row of the operator table; `read` returns undefined for an operand that it does not accept. */
interface Operator {
  /** The value types that it applies to. */
  readonly types: readonly ValueType[];
  /** The predicate; undefined when the operand is not valid. */
  readonly read: (operand: readonly string[], type: ValueType) => Predicate | undefined;
  /** The expected operand, in words, for error messages. */
  readonly wants: string;
  /** Matches exactly when the predicate does not. */
  readonly isNegated?: boolean;
}

const ALL: readonly ValueType[] = ['text', 'number', 'flag', 'instant', 'day', 'any'];
const TEXTS: readonly ValueType[] = ['text', 'any'];
const NUMBERS: readonly ValueType[] = ['number', 'any'];
const TIMES: readonly ValueType[] = ['instant', 'day', 'any'];
const LISTS: readonly ValueType[] = ['any'];
/** A hundred years: more days are refused as a mistake. */
const DAYS_MAX = 36_500;

const only = (operand: readonly string[]): string | undefined => (operand.length === 1 ? operand[0] : undefined);

function equal(operand: readonly string[], type: ValueType): Predicate | undefined {
  if (operand.length === 0) return undefined;
  if (type === 'number' && operand.some((one) => numberIn(one) === undefined)) return undefined;
  if (type === 'flag' && operand.some((one) => one !== 'true' && one !== 'false')) return undefined;
  return { kind: 'equal', texts: operand };
}

/** Times are equal when their days are, or, when the operand has a time of day, their instants. */
function same(operand: readonly string[], type: ValueType): Predicate | undefined {
  const text = only(operand);
  if (type !== 'instant' && type !== 'day') return text === undefined ? undefined : equal(operand, type);
  if (text === undefined || instantIn(text) === undefined) return undefined;
  // the date as written, because an offset must not move a birthday
  const input = type === 'day' ? text.slice(0, 10) : text;
  const from = instantIn(input) ?? '';
  return { kind: 'between', from, to: textOf(Date.parse(from) + (input.includes('T') ? 1 : DAY_MS)) };
}

const oneOf = (operand: readonly string[], type: ValueType): Predicate | undefined =>
  type === 'instant' || type === 'day' ? undefined : equal(operand, type);

const like =
  (kind: 'contains' | 'starts' | 'ends') =>
  (parts: readonly string[]): Predicate | undefined =>
    parts.length === 0 || parts.includes('') ? undefined : { kind, parts };

/** On a time, `more` and `less` count days ago (contract 3.2). */
const compare =
  (kind: 'more' | 'less' | 'at_least' | 'at_most') =>
  (operand: readonly string[], type: ValueType): Predicate | undefined => {
    if (type === 'instant' || type === 'day')
      return kind === 'more' || kind === 'less' ? relative(kind === 'more' ? 'past' : 'recent')(operand) : undefined;
    const number = numberIn(only(operand) ?? '');
    return number === undefined ? undefined : { kind, number };
  };

const relative =
  (kind: 'past' | 'recent' | 'soon' | 'far' | 'day', direction: 1 | -1 = 1) =>
  (operand: readonly string[]): Predicate | undefined => {
    const days = numberIn(only(operand) ?? '');
    return days !== undefined && Number.isInteger(days) && days >= 0 && days <= DAYS_MAX
      ? { kind, days: direction * days }
      : undefined;
  };

const after = (operand: readonly string[]): Predicate | undefined => {
  const at = instantIn(only(operand) ?? '');
  return at === undefined ? undefined : { kind: 'between', from: textOf(Date.parse(at) + 1) };
};

const before = (operand: readonly string[]): Predicate | undefined => {
  const to = instantIn(only(operand) ?? '');
  return to === undefined ? undefined : { kind: 'between', to };
};

const month =
  (days: number) =>
  (operand: readonly string[]): Predicate | undefined =>
    only(operand) === 'true' ? { kind: 'month', days } : undefined;

const near = (operand: readonly string[]): Predicate | undefined => {
  const circles = operand.flatMap((one) => circleIn(one) ?? []);
  return circles.length > 0 && circles.length === operand.length ? { kind: 'near', circles } : undefined;
};

const count =
  (kind: 'count' | 'count_more' | 'count_less') =>
  (operand: readonly string[]): Predicate | undefined => {
    const number = numberIn(only(operand) ?? '');
    return number !== undefined && Number.isInteger(number) && number >= 0 ? { kind, number } : undefined;
  };

const present = (): Predicate => ({ kind: 'present' });

const A_VALUE = 'one value that suits the attribute';
const VALUES = 'a list of values that suit the attribute';
const A_TEXT = 'one or more texts that are not empty';
const A_NUMBER = 'a number, or, for a time, a number of days';
const A_TIME =
  'an ISO 8601 date or date-time with at most nine digits of a second, within the years 1000 to 9999 in UTC';
const PLACES = 'places, each as "latitude,longitude,kilometres"';
const DAYS = `a whole number of days from 0 to ${DAYS_MAX}`;
const ANYTHING = 'anything';

/** Contract 3.2. Validation rules spell the inclusive comparisons differently. */
export const operators: Readonly<Record<string, Operator>> = {
  $is: { types: ALL, read: same, wants: A_VALUE },
  $is_not: { types: ALL, read: same, wants: A_VALUE, isNegated: true },
  $in: { types: ['text', 'number', 'flag', 'any'], read: oneOf, wants: VALUES },
  $not_in: { types: ['text', 'number', 'flag', 'any'], read: oneOf, wants: VALUES, isNegated: true },
  $has_value: { types: ALL, read: present, wants: ANYTHING },
  $is_unknown: { types: ALL, read: present, wants: ANYTHING, isNegated: true },
  $contains: { types: TEXTS, read: like('contains'), wants: A_TEXT },
  $not_contain: { types: TEXTS, read: like('contains'), wants: A_TEXT, isNegated: true },
  $starts_with: { types: TEXTS, read: like('starts'), wants: A_TEXT },
  $ends_with: { types: TEXTS, read: like('ends'), wants: A_TEXT },
  $more_than: { types: [...NUMBERS, 'instant', 'day'], read: compare('more'), wants: A_NUMBER },
  $less_than: { types: [...NUMBERS, 'instant', 'day'], read: compare('less'), wants: A_NUMBER },
  $more_than_equal: { types: NUMBERS, read: compare('at_least'), wants: 'a number' },
  $less_than_equal: { types: NUMBERS, read: compare('at_most'), wants: 'a number' },
  $more_than_or_equal: { types: NUMBERS, read: compare('at_least'), wants: 'a number' },
  $less_than_or_equal: { types: NUMBERS, read: compare('at_most'), wants: 'a number' },
  $after: { types: TIMES, read: after, wants: A_TIME },
  $before: { types: TIMES, read: before, wants: A_TIME },
  $more_than_ago: { types: TIMES, read: relative('past'), wants: DAYS },
  $less_than_ago: { types: TIMES, read: relative('recent'), wants: DAYS },
  $is_days_ago: { types: TIMES, read: relative('day', -1), wants: DAYS },
  $more_than_future: { types: TIMES, read: relative('far'), wants: DAYS },
  $less_than_future: { types: TIMES, read: relative('soon'), wants: DAYS },
  $is_days_in_future: { types: TIMES, read: relative('day'), wants: DAYS },
  $this_month: { types: ['day'], read: month(0), wants: 'true' },
  $next_month: { types: ['day'], read: month(1), wants: 'true' },
  $in_location: { types: LISTS, read: near, wants: PLACES },
  $count: { types: LISTS, read: count('count'), wants: 'a whole number' },
  $count_more: { types: LISTS, read: count('count_more'), wants: 'a whole number' },
  $count_less: { types: LISTS, read: count('count_less'), wants: 'a whole number' },
};
