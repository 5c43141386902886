const DATE =
  '(?:[1-9]\\d{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))' +
  '|[1-9]\\d(?:0[48]|[2468][048]|[13579][26])-02-29|(?:[2468][048]|[13579][26])00-02-29)';
const ZONE = '(?:[Zz]|[+-](?:[01]\\d|2[0-3])(?::?[0-5]\\d)?)';
const TIME = `[Tt](?:[01]\\d|2[0-3]):[0-5]\\d(?::[0-5]\\d(?:\\.\\d{1,9})?)?${ZONE}?`;

/** An ISO 8601 date that exists (leap years counted), or such a date with a time and an offset; years 1000 to 9999. */
export const ISO_PATTERN = `^${DATE}(?:${TIME})?$`;

const ISO = new RegExp(ISO_PATTERN);
const ISO_LENGTH_MAX = 35;
const TENTH_DIGIT = /(\.\d{9})\d+/;
const PARTS = /^(.{10})(?:[Tt](\d\d:\d\d)(?::(\d\d)(?:\.(\d+))?)?)?(?:[Zz]|([+-])(\d\d):?(\d\d)?)?$/;
const [FIRST_MS, END_MS] = [Date.UTC(1000, 0, 1), Date.UTC(10_000, 0, 1)];
const LAST_MS = END_MS - 1;
const [MINUTE_LENGTH, MS_LENGTH, NS_LENGTH] = [16, 23, 29];

export const NOT_ISO = 'cannot be recognized as a ISO-8601 compliant date';

/** The reason why a text is neither an ISO date nor a date-time. */
export function isoProblem(text: string): string | undefined {
  if (isIso(text)) return undefined;
  const isTooFine = TENTH_DIGIT.test(text) && isIso(text.replace(TENTH_DIGIT, '$1'));
  return isTooFine ? 'must have at most nine digits of a second' : NOT_ISO;
}

/** The reason why a text is not an instant that the ledger can store. */
export const instantProblem = (text: string): string | undefined =>
  isoProblem(text) ?? (isWithinYears(text) ? undefined : 'must be within the years 1000 to 9999 in UTC');

/** Normalizes a text without an `instantProblem` to `YYYY-MM-DDTHH:MM:SS.nnnnnnnnnZ`; UTC without an offset. */
export function toInstant(text: string): string {
  if (text.length === NS_LENGTH + 1 && text[10] === 'T' && text.endsWith('Z')) return text;
  if (text.length === MS_LENGTH + 1 && text[10] === 'T' && text.endsWith('Z')) return `${text.slice(0, -1)}000000Z`;
  const { date, minute, second, fraction, offset_ms } = partsOf(text);
  const shifted = (): string =>
    new Date(Date.parse(`${date}T${minute}Z`) - offset_ms).toISOString().slice(0, MINUTE_LENGTH);
  const at = offset_ms === 0 ? `${date}T${minute}` : shifted();
  return `${at}:${second}.${fraction.padEnd(9, '0')}Z`;
}

/** The latest millisecond that is not after an instant. */
export const msUntil = (instant: string): string => `${instant.slice(0, MS_LENGTH)}Z`;

/** The earliest millisecond that is not before an instant. */
export function msSince(instant: string): string {
  const ms = msUntil(instant);
  return toInstant(ms) === instant ? ms : new Date(Math.min(Date.parse(ms) + 1, LAST_MS)).toISOString();
}

/** The date part as written, because an offset must not move a birthday. */
export const toDay = (text: string): string => text.slice(0, 10);

const isIso = (text: string): boolean => text.length <= ISO_LENGTH_MAX && ISO.test(text);

/** An offset can move a time out of the years that its text has. */
function isWithinYears(text: string): boolean {
  if (!text.startsWith('1000-01-01') && !text.startsWith('9999-12-31')) return true;
  const { date, minute, offset_ms } = partsOf(text);
  const ms = Date.parse(`${date}T${minute}Z`) - offset_ms;
  return ms >= FIRST_MS && ms < END_MS;
}

function partsOf(text: string) {
  const [, date, minute = '00:00', second = '00', fraction = '', sign, hours = '0', minutes = '0'] =
    PARTS.exec(text) ?? [];
  const offset_ms = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60_000 : 60_000);
  return { date, minute, second, fraction, offset_ms };
}
