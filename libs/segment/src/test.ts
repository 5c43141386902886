import { type Circle, isWithin } from './place.js';
import { DAY_MS, dayOf, floorOf, instantOf, monthAfter, monthsFrom, textOf } from './time.js';

/* What a condition asks of a value, in a form that can be evaluated, written as SQL, and asked when time will change it. */

/** One of these values: as text, and as the number or the flag that the text is. */
export interface Equal {
  readonly kind: 'equal';
  readonly texts: readonly string[];
}

/** One of these within a text. */
export interface Like {
  readonly kind: 'contains' | 'starts' | 'ends';
  readonly parts: readonly string[];
}

export interface Compare {
  readonly kind: 'more' | 'less' | 'at_least' | 'at_most';
  readonly number: number;
}

/** A time before, after or between; `from` belongs to the period, `to` does not. */
export interface Between {
  readonly kind: 'between';
  readonly from?: string;
  readonly to?: string;
}

/** A time, seen from now. Days are 86,400 s; `day` and `month` are those of the calendar in UTC. */
export interface Relative {
  readonly kind: 'past' | 'recent' | 'soon' | 'far' | 'day' | 'month';
  /** `past`: at least so long ago, `recent`: less. `soon`: in less than so long, `far`: not before. `day`, `month`: so many from today. */
  readonly days: number;
}

export interface Present {
  readonly kind: 'present';
}

/** A place in one of these. */
export interface Near {
  readonly kind: 'near';
  readonly circles: readonly Circle[];
}

export interface Count {
  readonly kind: 'count' | 'count_more' | 'count_less';
  readonly number: number;
}

export type Test = Equal | Like | Compare | Between | Relative | Near | Present | Count;

const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/;
const NUMBER_LENGTH_MAX = 40;

/** The number that a text says, if it says one: any that JSON can hold, in the forms that numbers are written in. */
export function numberIn(text: string): number | undefined {
  const number = text.length <= NUMBER_LENGTH_MAX && NUMBER.test(text) ? Number(text) : NaN;
  return Number.isFinite(number) ? number : undefined;
}

/** The period in which a value has to lie, for what depends on now. */
export function periodOf({ kind, days }: Relative, now: string): Between {
  const now_ms = Date.parse(now);
  switch (kind) {
    case 'past':
      return { kind: 'between', to: textOf(now_ms - days * DAY_MS + 1) };
    case 'recent':
      return { kind: 'between', from: textOf(now_ms - days * DAY_MS + 1), to: textOf(now_ms + 1) };
    case 'soon':
      return { kind: 'between', from: textOf(now_ms + 1), to: textOf(now_ms + days * DAY_MS + 1) };
    case 'far':
      return { kind: 'between', from: textOf(now_ms + days * DAY_MS + 1) };
    default: {
      const day_ms = dayOf(now_ms) + days * DAY_MS;
      return { kind: 'between', from: textOf(day_ms), to: textOf(day_ms + DAY_MS) };
    }
  }
}

/** Whether a test holds for a value; of a list, for one of its elements. */
export function holds(test: Test, value: unknown, now: string): boolean {
  switch (test.kind) {
    case 'present':
      return isPresent(value);
    case 'count':
      return countOf(value) === test.number;
    case 'count_more':
      return countOf(value) > test.number;
    case 'count_less':
      return countOf(value) < test.number;
    default:
      return Array.isArray(value) ? value.some((one) => holdsForOne(test, one, now)) : holdsForOne(test, value, now);
  }
}

export const isPresent = (value: unknown): boolean =>
  value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);

const countOf = (value: unknown): number =>
  Array.isArray(value) ? value.length : value === undefined || value === null ? 0 : 1;

type OneTest = Exclude<Test, Present | Count>;

function holdsForOne(test: OneTest, value: unknown, now: string): boolean {
  if ('texts' in test) return test.texts.some((text) => isEqual(value, text));
  if ('parts' in test) return typeof value === 'string' && isLike(test, value);
  if ('number' in test) return typeof value === 'number' && isCompared(test, value);
  if ('circles' in test) return test.circles.some((circle) => isWithin(circle, value));
  return isTimely(test, value, now);
}

function isLike({ kind, parts }: Like, value: string): boolean {
  if (kind === 'contains') return parts.some((part) => value.includes(part));
  return parts.some((part) => (kind === 'starts' ? value.startsWith(part) : value.endsWith(part)));
}

function isEqual(value: unknown, text: string): boolean {
  if (typeof value === 'number') return value === numberIn(text);
  return (typeof value === 'boolean' ? String(value) : value) === text;
}

function isCompared({ kind, number }: Compare, value: number): boolean {
  if (kind === 'more') return value > number;
  if (kind === 'less') return value < number;
  return kind === 'at_least' ? value >= number : value <= number;
}

function isTimely(test: Between | Relative, value: unknown, now: string): boolean {
  const at = instantOf(value);
  if (at === undefined) return false;
  if (test.kind === 'month') return isInMonth(at, test.days, now);
  const { from, to } = test.kind === 'between' ? test : periodOf(test, now);
  return (from === undefined || at >= from) && (to === undefined || at < to);
}

const isInMonth = (at: string, months: number, now: string): boolean =>
  Number(at.slice(5, 7)) === monthAfter(now, months);

/** The next time at which now alone may change what a test says of a value; it need not. */
export function nextChange(test: Test, value: unknown, now: string): string | undefined {
  if (!isRelative(test)) return undefined;
  const values = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  const times = values.flatMap((one) => {
    const at = instantOf(one);
    return at === undefined ? [] : boundaries(test, at, now).filter((time) => time > now);
  });
  return times.sort()[0];
}

export const isRelative = (test: Test): test is Relative =>
  ['past', 'recent', 'soon', 'far', 'day', 'month'].includes(test.kind);

/** The moments at which the period that is seen from now reaches a value, and leaves it. */
function boundaries({ kind, days }: Relative, at: string, now: string): string[] {
  if (kind === 'month') {
    const isIn = (time: string): boolean => isInMonth(at, days, time);
    return monthsFrom(now).filter((month, n, months) => isIn(month) !== isIn(months[n - 1] ?? now));
  }
  const ms = floorOf(at);
  if (kind === 'day') return [textOf(dayOf(ms) - days * DAY_MS), textOf(dayOf(ms) - days * DAY_MS + DAY_MS)];
  const reached = textOf(kind === 'past' || kind === 'recent' ? ms + days * DAY_MS : ms - days * DAY_MS);
  return [reached, textOf(ms)];
}
