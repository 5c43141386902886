/** A moment in UTC with nine digits of a second (`2021-04-07T08:04:03.000000000Z`): the order of texts is that of times. */
export type Instant = string;

/** Facts of the ledger's first version and clocks tell milliseconds. */
export const nine = (at: string): Instant => (at.length === 24 ? `${at.slice(0, 23)}000000Z` : at);

/** Milliseconds, as the contract writes times. */
export const shown = (at: Instant): string => `${at.slice(0, 23)}Z`;

/** As few digits as say all of it: what decides must not be hidden from an auditor. */
export const precise = (at: Instant): string => (at.endsWith('000000Z') ? shown(at) : at);

/** No time is later. */
export const LAST: Instant = '9999-12-31T23:59:59.999999999Z';

/** One millisecond later; the last millisecond has no successor. */
export function next(at: Instant): Instant {
  const ms = Date.parse(shown(at)) + 1;
  return ms > LAST_MS ? LAST : `${new Date(ms).toISOString().slice(0, 23)}${at.slice(23)}`;
}

const LAST_MS = Date.parse(shown(LAST));

export const later = (a: Instant | undefined, b: Instant): Instant => (a === undefined || b > a ? b : a);
export const earlier = (a: Instant | undefined, b: Instant): Instant => (a === undefined || b < a ? b : a);
