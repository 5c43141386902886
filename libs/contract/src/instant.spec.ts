import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isIso, toDay, toInstant } from './instant.js';

describe('an instant', () => {
  test.each([
    ['2021-04-07', '2021-04-07T00:00:00.000Z'],
    ['2021-04-07T08:04', '2021-04-07T08:04:00.000Z'],
    ['2021-04-07T08:04:03', '2021-04-07T08:04:03.000Z'],
    ['2021-04-07T08:04:03Z', '2021-04-07T08:04:03.000Z'],
    ['2021-04-07T08:04:03.4Z', '2021-04-07T08:04:03.400Z'],
    ['2021-04-07T08:04:03.123456789Z', '2021-04-07T08:04:03.123Z'],
    ['2021-04-07T08:04:03.999999Z', '2021-04-07T08:04:03.999Z'],
    ['2021-04-07t08:04:03z', '2021-04-07T08:04:03.000Z'],
    ['2021-04-07T08:04:03+02:00', '2021-04-07T06:04:03.000Z'],
    ['2021-04-07T00:30:00.5-0530', '2021-04-07T06:00:00.500Z'],
    ['2021-04-07T01:00:00+02', '2021-04-06T23:00:00.000Z'],
    ['2020-02-29', '2020-02-29T00:00:00.000Z'],
    ['2000-02-29', '2000-02-29T00:00:00.000Z'],
    ['1000-01-01T00:00:00+01:00', '0999-12-31T23:00:00.000Z'],
    ['9999-12-31T23:59:59-12:00', '9999-12-31T23:59:59.999Z'],
  ])('%s is %s', (given, written) => {
    expect(isIso(given)).toBe(true);
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
    '2021-04-07 08:04:03',
    '2021-4-7',
    '0021-04-07',
    '+012021-04-07',
    'yesterday',
    '1617782643000',
    '2021-04-07\n',
    '',
  ])('%j is none', (given) => {
    expect(isIso(given)).toBe(false);
  });

  test('every moment is read back from every way to write it', () => {
    const offsets = fc.integer({ min: -14 * 60, max: 14 * 60 });
    const moments = fc.date({ min: new Date('1001-01-01'), max: new Date('9998-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(moments, offsets, (moment, offset) => {
        const text = new Date(moment.getTime() + offset * 60_000).toISOString().slice(0, -1) + clock(offset);
        expect(isIso(text)).toBe(true);
        expect(toInstant(text)).toBe(moment.toISOString());
        expect(toInstant(toInstant(text))).toBe(toInstant(text));
      }),
    );
  });

  test('every day of the calendar is known, no other is', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1000, max: 9999 }),
        fc.nat({ max: 14 }),
        fc.nat({ max: 33 }),
        (year, month, day) => {
          const text = `${year}-${two(month)}-${two(day)}`;
          const date = new Date(Date.UTC(year, month - 1, day));
          expect(isIso(text)).toBe(date.toISOString().startsWith(text));
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('a day is the date as it was written', () => {
    expect(toDay('1990-05-06T00:00:00.000Z')).toBe('1990-05-06');
    expect(toDay('1990-05-06T00:00:00+10:00')).toBe('1990-05-06');
  });
});

const two = (n: number): string => String(n).padStart(2, '0');
const clock = (minutes: number): string =>
  `${minutes < 0 ? '-' : '+'}${two(Math.trunc(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
