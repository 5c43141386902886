const DATE =
  '(?:[1-9]\\d{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))' +
  '|[1-9]\\d(?:0[48]|[2468][048]|[13579][26])-02-29|(?:[2468][048]|[13579][26])00-02-29)';
const ZONE = '(?:[Zz]|[+-](?:[01]\\d|2[0-3])(?::?[0-5]\\d)?)';
const TIME = `[Tt](?:[01]\\d|2[0-3]):[0-5]\\d(?::[0-5]\\d(?:\\.\\d{1,9})?)?${ZONE}?`;

/** An ISO 8601 date that exists (leap years counted), or such a date with a time and an offset; years 1000 to 9999. */
export const ISO_PATTERN = `^${DATE}(?:${TIME})?$`;

const ISO = new RegExp(ISO_PATTERN);
const PARTS = /^(.{10})(?:[Tt]([\d:.]+))?(?:[Zz]|([+-])(\d\d):?(\d\d)?)?$/;
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

export const isIso = (text: string): boolean => text.length <= 35 && ISO.test(text);

/** `YYYY-MM-DDTHH:MM:SS.sssZ` of a text that `isIso`; without an offset it is read as UTC, digits beyond the milliseconds are cut. */
export function toInstant(text: string): string {
  if (text.length === 24 && text[10] === 'T' && text[19] === '.' && text[23] === 'Z') return text;
  const [, date, time = '00:00', sign, hours = '0', minutes = '0'] = PARTS.exec(text) ?? [];
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * 60_000;
  const ms = Date.parse(`${date}T${time}Z`) + (sign === '-' ? offsetMs : -offsetMs);
  return new Date(Math.min(ms, LAST_MS)).toISOString();
}

/** The date part as written: a birthday does not move with an offset. */
export const toDay = (text: string): string => text.slice(0, 10);
