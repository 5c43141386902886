import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { instantProblem, isoProblem, msSince, msUntil, NOT_ISO, toDay, toInstant } from './instant.js';

const TOO_FINE = 'must have at most nine digits of a second';
const OUT_OF_YEARS = 'must be within the years 1000 to 9999 in UTC';

describe('an instant', () => {
  test.each([
    ['2021-04-07', '2021-04-07T00:00:00.000000000Z'],
    ['2021-04-07T08:04', '2021-04-07T08:04:00.000000000Z'],
    ['2021-04-07T08:04:03', '2021-04-07T08:04:03.000000000Z'],
    ['2021-04-07T08:04:03Z', '2021-04-07T08:04:03.000000000Z'],
    ['2021-04-07T08:04:03.4Z', '2021-04-07T08:04:03.400000000Z'],
    ['2021-04-07T08:04:03.456Z', '2021-04-07T08:04:03.456000000Z'],
    ['2021-04-07T08:04:03.0001Z', '2021-04-07T08:04:03.000100000Z'],
    ['2021-04-07T08:04:03.123456789Z', '2021-04-07T08:04:03.123456789Z'],
    ['2021-04-07T08:04:03.999999999+00:00', '2021-04-07T08:04:03.999999999Z'],
    ['2021-04-07t08:04:03z', '2021-04-07T08:04:03.000000000Z'],
    ['2021-04-07t08:04:03.456z', '2021-04-07T08:04:03.456000000Z'],
    ['2021-04-07t08:04:03.123456789z', '2021-04-07T08:04:03.123456789Z'],
    ['2021-04-07T08:04:03+02:00', '2021-04-07T06:04:03.000000000Z'],
    ['2021-04-07T00:30:00.5-0530', '2021-04-07T06:00:00.500000000Z'],
    ['2021-04-07T01:00:00.000000001+02', '2021-04-06T23:00:00.000000001Z'],
    ['2020-02-29', '2020-02-29T00:00:00.000000000Z'],
    ['2000-02-29', '2000-02-29T00:00:00.000000000Z'],
    ['1000-01-01T14:00:00+14:00', '1000-01-01T00:00:00.000000000Z'],
    ['1000-01-01T00:00:00-00:01', '1000-01-01T00:01:00.000000000Z'],
    ['9999-12-31T11:59:59.999999999-12:00', '9999-12-31T23:59:59.999999999Z'],
    ['9999-12-31T23:59:59.999999999+00:01', '9999-12-31T23:58:59.999999999Z'],
  ])('%s normalizes to %s', (given, written) => {
    expect(instantProblem(given)).toBeUndefined();
    expect(toInstant(given)).toBe(written);
  });

  test.each([
    '2021-02-30',
    '2021-02-29',
    '1900-02-29',
    '2021-04-31',
    '2021-00-10',
    '2021-13-01',
    '2021-04-07T24:00:00Z',
    '2021-04-07T08:60:00Z',
    '2021-04-07T08:04:60Z',
    '2021-04-07T08:04:03+25:00',
    '2021-04-07T08:04:03.Z',
    '2021-04-07 08:04:03',
    '2021-4-7',
    '0021-04-07',
    '+012021-04-07',
    'yesterday',
    '1617782643000',
    '2021-04-07\n',
    'x.1234567890',
    '2021-04-07T08:04:03.1234567890Z and more',
    '',
  ])('%j is refused', (given) => {
    expect(instantProblem(given)).toBe(NOT_ISO);
  });

  test.each([
    '2021-04-07T08:04:03.1234567890Z',
    '2021-04-07T08:04:03.0000000000+02:00',
    `2021-04-07T08:04:03.${'0'.repeat(1000)}`,
  ])('%s is refused for too many digits', (given) => {
    expect(instantProblem(given)).toBe(TOO_FINE);
    expect(isoProblem(given)).toBe(TOO_FINE);
  });

  test.each([
    '9999-12-31T23:59:59.999-12:00',
    '9999-12-31T23:59:59.999999999-00:01',
    '9999-12-31T12:00:00-12:00',
    '1000-01-01T00:00:00+14:00',
    '1000-01-01T13:59:59.999999999+14:00',
    '1000-01-01T00:00+00:01',
  ])('%s is refused, because it leaves the years in UTC', (given) => {
    expect(instantProblem(given)).toBe(OUT_OF_YEARS);
    expect(isoProblem(given)).toBeUndefined();
  });

  test('every notation of a moment normalizes to it', () => {
    fc.assert(
      fc.property(moments, offsets, (at, offset) => {
        expect(instantProblem(written(at, offset))).toBeUndefined();
        expect(toInstant(written(at, offset))).toBe(written(at, 0).replace('+00:00', 'Z'));
        expect(toInstant(toInstant(written(at, offset)))).toBe(toInstant(written(at, offset)));
      }),
    );
  });

  test('normalized times sort as texts in the order of their nanoseconds', () => {
    const near = fc.tuple(moments, fc.bigInt({ min: -3n, max: 3n }), fc.constantFrom(1n, 1_000n, 1_000_000n, SECOND));
    fc.assert(
      fc.property(near, offsets, offsets, fc.nat({ max: 9 }), ([a, steps, size], one, other, spare) => {
        const b = a + steps * size;
        const [x, y] = [toInstant(trimmed(written(a, one), spare)), toInstant(trimmed(written(b, other), spare))];
        expect([x < y, x === y]).toStrictEqual([a < b, a === b]);
      }),
    );
  });

  test('exactly the days of the calendar are accepted', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1000, max: 9999 }),
        fc.nat({ max: 14 }),
        fc.nat({ max: 33 }),
        (year, month, day) => {
          const text = `${year}-${two(month)}-${two(day)}`;
          const date = new Date(Date.UTC(year, month - 1, day));
          expect(isoProblem(text) === undefined).toBe(date.toISOString().startsWith(text));
        },
      ),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['2021-04-07T08:04:03.123Z', '2021-04-07T08:04:03.123Z', '2021-04-07T08:04:03.123Z'],
    ['2021-04-07T08:04:03.123000001Z', '2021-04-07T08:04:03.123Z', '2021-04-07T08:04:03.124Z'],
    ['2021-04-07T08:04:59.999999999Z', '2021-04-07T08:04:59.999Z', '2021-04-07T08:05:00.000Z'],
    ['9999-12-31T23:59:59.999999999Z', '9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ])('%s lies between the milliseconds %s and %s', (given, until, since) => {
    expect([msUntil(toInstant(given)), msSince(toInstant(given))]).toStrictEqual([until, since]);
  });

  test('a day is the date part as written', () => {
    expect(toDay('1990-05-06T00:00:00.000Z')).toBe('1990-05-06');
    expect(toDay('1990-05-06T00:00:00+10:00')).toBe('1990-05-06');
  });
});

const SECOND = 1_000_000_000n;
const seconds = (text: string): bigint => BigInt(Date.parse(text) / 1000) * SECOND;
/** Nanoseconds since 1970. */
const moments = fc.bigInt({ min: seconds('1001-01-01'), max: seconds('9998-12-31') });
const offsets = fc.integer({ min: -14 * 60, max: 14 * 60 });

function written(at: bigint, offset: number): string {
  const fraction = ((at % SECOND) + SECOND) % SECOND;
  const local = new Date(Number((at - fraction) / SECOND) * 1000 + offset * 60_000);
  return `${local.toISOString().slice(0, 19)}.${String(fraction).padStart(9, '0')}${clock(offset)}`;
}

/** The same time with up to so many zeros cut from its fraction. */
const trimmed = (text: string, zeros: number): string =>
  text.replace(new RegExp(`\\.(\\d+?)0{0,${zeros}}(?=[+-])`), '.$1');

const two = (n: number): string => String(n).padStart(2, '0');
const clock = (minutes: number): string =>
  `${minutes < 0 ? '-' : '+'}${two(Math.trunc(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
