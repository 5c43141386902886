export const DAY_MS = 86_400_000;
export const DAY_LENGTH = 10;
export const INSTANT_LENGTH = 24;

/** The shape of a time in a value: a day, or an instant in UTC, so that the order of texts is the order of times. */
export const DATE = '^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?Z)?$';
const date = new RegExp(DATE);

/** A time as an instant with milliseconds; a day becomes its first millisecond. Undefined when the value is not a time. */
export function instantOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || !date.test(value)) return undefined;
  if (value.length === INSTANT_LENGTH) return value;
  const time = value.length === DAY_LENGTH ? 'T00:00:00' : value.slice(10, 19);
  return `${value.slice(0, 10)}${time}.${value.slice(20, -1).padEnd(3, '0').slice(0, 3)}Z`;
}

const LOOSE = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/;

/** Parses an operand: an ISO date or date-time of any precision and offset, UTC by default. */
export function instantIn(text: string): string | undefined {
  const ms = msIn(text);
  return Number.isNaN(ms) ? undefined : textOf(ms);
}

function msIn(text: string): number {
  if (!LOOSE.test(text)) return Number.NaN;
  return Date.parse(/T.*(Z|[+-]\d\d:?\d\d)$/.test(text) || !text.includes('T') ? text : `${text}Z`);
}

/** True when the contract accepts the time in a fact: a day of the calendar, within the years and precision that it allows. */
export function isTellable(text: string): boolean {
  const [ms, day_ms] = [msIn(text), Date.parse(text.slice(0, 10))];
  const isOnCalendar = !Number.isNaN(day_ms) && textOf(day_ms).startsWith(text.slice(0, 10));
  return isOnCalendar && ms >= TOLD_FROM_MS && ms <= LAST_MS && !/\.\d{10}/.test(text);
}

/**
 * The last instant that does not sort after the text: its own, or, when the text has the shape of a time and names none
 * (February 31st), the one before the gap.
 */
export function floorOf(at: string): number {
  const parts = at.match(/\d+/g)?.map(Number) ?? [];
  for (let n = 1; n < parts.length; n++) {
    const [within, part = 0, next = 0] = [parts.slice(0, n - 1), ...parts.slice(n - 1)];
    const [from, to, ms] = [utc(...within, part), utc(...within, part + 1), utc(...within, part, next)];
    if (ms < from) return from - 1;
    if (ms >= to) return to - 1;
  }
  return Date.parse(at);
}

const utc = (year = 0, month = 1, ...rest: readonly number[]): number => Date.UTC(year, month - 1, ...rest);

const TOLD_FROM_MS = Date.parse('1000-01-01T00:00:00.000Z');
const FIRST_MS = Date.parse('0000-01-01T00:00:00.000Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** An instant as text, clamped to years of four digits. */
export const textOf = (ms: number): string => new Date(Math.min(Math.max(ms, FIRST_MS), LAST_MS)).toISOString();

/** The beginning of the UTC day. */
export const dayOf = (ms: number): number => Math.floor(ms / DAY_MS) * DAY_MS;

/** The month, 1 to 12, that lies so many months after an instant. */
export const monthAfter = (at: string, months: number): number => ((Number(at.slice(5, 7)) - 1 + months) % 12) + 1;

/** The beginnings of the next twelve months. */
export function monthsFrom(at: string): string[] {
  const [year, month] = [Number(at.slice(0, 4)), Number(at.slice(5, 7))];
  return Array.from({ length: 12 }, (_, n) => textOf(Date.UTC(year, month + n, 1)));
}
