import { type Circle, isWithin } from './place.js';
import { DAY_MS, dayOf, floorOf, instantOf, monthAfter, monthsFrom, textOf } from './time.js';

/* The predicate of a condition: it is evaluated, written as SQL, and asked when time will change its answer. */

/** Equals one of these values: as text, or as the number or flag that the text denotes. */
export interface Equal {
  readonly kind: 'equal';
  readonly texts: readonly string[];
}

/** Contains, starts with or ends with one of these. */
export interface Like {
  readonly kind: 'contains' | 'starts' | 'ends';
  readonly parts: readonly string[];
}

export interface Compare {
  readonly kind: 'more' | 'less' | 'at_least' | 'at_most';
  readonly number: number;
}

/** A time within a period; `from` is inclusive, `to` exclusive. */
export interface Between {
  readonly kind: 'between';
  readonly from?: string;
  readonly to?: string;
}

/** A time relative to now. Days are 86,400 s; `day` and `month` follow the UTC calendar. */
export interface Relative {
  readonly kind: 'past' | 'recent' | 'soon' | 'far' | 'day' | 'month';
  /** `past`: at least so many days ago, `recent`: fewer. `soon`: in fewer days, `far`: no sooner. `day`, `month`: an offset from today. */
  readonly days: number;
}

export interface Present {
  readonly kind: 'present';
}

/** A place in one of these circles. */
export interface Near {
  readonly kind: 'near';
  readonly circles: readonly Circle[];
}

export interface Count {
  readonly kind: 'count' | 'count_more' | 'count_less';
  readonly number: number;
}

export type Predicate = Equal | Like | Compare | Between | Relative | Near | Present | Count;

const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/;
const NUMBER_LENGTH_MAX = 40;

/** The number that a text denotes in JSON's or plain decimal notation; undefined when it denotes none. */
export function numberIn(text: string): number | undefined {
  const number = text.length <= NUMBER_LENGTH_MAX && NUMBER.test(text) ? Number(text) : NaN;
  return Number.isFinite(number) ? number : undefined;
}

/** The period that a relative time must lie in. */
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

/** Evaluates a predicate; a list matches when one of its elements does. */
export function holds(predicate: Predicate, value: unknown, now: string): boolean {
  switch (predicate.kind) {
    case 'present':
      return isPresent(value);
    case 'count':
      return countOf(value) === predicate.number;
    case 'count_more':
      return countOf(value) > predicate.number;
    case 'count_less':
      return countOf(value) < predicate.number;
    default:
      return Array.isArray(value)
        ? value.some((one) => holdsForOne(predicate, one, now))
        : holdsForOne(predicate, value, now);
  }
}

export const isPresent = (value: unknown): boolean =>
  value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);

const countOf = (value: unknown): number =>
  Array.isArray(value) ? value.length : value === undefined || value === null ? 0 : 1;

type OnePredicate = Exclude<Predicate, Present | Count>;

function holdsForOne(predicate: OnePredicate, value: unknown, now: string): boolean {
  if ('texts' in predicate) return predicate.texts.some((text) => isEqual(value, text));
  if ('parts' in predicate) return typeof value === 'string' && isLike(predicate, value);
  if ('number' in predicate) return typeof value === 'number' && isCompared(predicate, value);
  if ('circles' in predicate) return predicate.circles.some((circle) => isWithin(circle, value));
  return isTimely(predicate, value, now);
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

function isTimely(predicate: Between | Relative, value: unknown, now: string): boolean {
  const at = instantOf(value);
  if (at === undefined) return false;
  if (predicate.kind === 'month') return isInMonth(at, predicate.days, now);
  const { from, to } = predicate.kind === 'between' ? predicate : periodOf(predicate, now);
  return (from === undefined || at >= from) && (to === undefined || at < to);
}

const isInMonth = (at: string, months: number, now: string): boolean =>
  Number(at.slice(5, 7)) === monthAfter(now, months);

/** The next time at which the clock alone may change the answer; the answer need not change then. */
export function nextChange(predicate: Predicate, value: unknown, now: string): string | undefined {
  if (!isRelative(predicate)) return undefined;
  const values = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  const times = values.flatMap((one) => {
    const at = instantOf(one);
    return at === undefined ? [] : boundaries(predicate, at, now).filter((time) => time > now);
  });
  return times.sort()[0];
}

export const isRelative = (predicate: Predicate): predicate is Relative =>
  ['past', 'recent', 'soon', 'far', 'day', 'month'].includes(predicate.kind);

/** The moments at which the relative period reaches the value and leaves it. */
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
