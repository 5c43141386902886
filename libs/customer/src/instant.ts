/** A moment in UTC with nine digits of a second (`2021-04-07T08:04:03.000000000Z`): the order of texts is that of times. */
export type Instant = string;

/** Pads the milliseconds of clocks, and of facts of version 0.1.0, to nine digits. */
export const nine = (at: string): Instant => (at.length === 24 ? `${at.slice(0, 23)}000000Z` : at);

/** A time in milliseconds, the contract's format. */
export const shown = (at: Instant): string => `${at.slice(0, 23)}Z`;

/** A time with as few digits as are exact, so that an auditor sees every digit that decides. */
export const precise = (at: Instant): string => (at.endsWith('000000Z') ? shown(at) : at);

/** The latest possible time. */
export const LAST: Instant = '9999-12-31T23:59:59.999999999Z';

/** One millisecond later; the last millisecond has no successor. */
export function next(at: Instant): Instant {
  const ms = Date.parse(shown(at)) + 1;
  return ms > LAST_MS ? LAST : `${new Date(ms).toISOString().slice(0, 23)}${at.slice(23)}`;
}

const LAST_MS = Date.parse(shown(LAST));

export const later = (a: Instant | undefined, b: Instant): Instant => (a === undefined || b > a ? b : a);
export const earlier = (a: Instant | undefined, b: Instant): Instant => (a === undefined || b < a ? b : a);
