/** ISO 8601 in UTC with nine digits of a second (`2021-04-07T08:04:03.000000000Z`): the order of texts is the order of times. */
export type Instant = string;

const LENGTH = '2021-04-07T08:04:03.000000000Z'.length;

/** Pads an instant to nine digits; other texts pass through. */
export function nineDigits(at: string): Instant {
  if (at.length >= LENGTH || !at.endsWith('Z')) return at;
  const [seconds = '', fraction = ''] = at.slice(0, -1).split('.');
  return `${seconds}.${fraction.padEnd(9, '0')}Z`;
}

/** The form of times in answers. */
export const milliseconds = (at: Instant): string => `${at.slice(0, 23)}Z`;

/** The later one. */
export const later = (a: Instant | undefined, b: Instant): Instant => (a === undefined || a < b ? b : a);
