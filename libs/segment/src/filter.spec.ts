import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compileFilter, type Filter, parseFilter } from './index.js';
import { filters, NO_TIMES, NOW, subjects } from './filters.fixture.js';
import type { Subject } from './subject.js';
import { runs } from '../../customer/src/runs.fixture.js';

const A_TIME =
  'must be an ISO 8601 date or date-time with at most nine digits of a second, within the years 1000 to 9999 in UTC';
const read = (said: object): Filter => {
  const parsed = parseFilter(said);
  if ('problems' in parsed) throw new Error(parsed.problems.join('; '));
  return parsed.filter;
};
const problems = (said: unknown): readonly string[] => {
  const parsed = parseFilter(said);
  return 'problems' in parsed ? parsed.problems : [];
};
const one = (attribute: string, conditions: object, junction = 'and'): object => ({
  junction,
  [attribute]: { conditions },
});
const matches = (
  said: object,
  subject: Partial<Subject['document']>,
  events: Subject['events'] = {},
  now = NOW,
): boolean =>
  compileFilter(read(said)).matches({ document: { id: 'cust_1', ...subject }, events, publications: {} }, now);

describe('parsing', () => {
  test('a scalar, a list of one and a number as text parse to the same filter', () => {
    for (const operand of [0, '0', [0], ['0']])
      expect(read(one('summary.orders.total_amount', { $more_than: operand }, 'AND'))).toEqual({
        junction: 'and',
        'summary.orders.total_amount': { conditions: { $more_than: ['0'] } },
      });
  });

  test.each([
    [null, 'The filter must be an object'],
    [{ junction: 'and' }, 'The filter names no attribute'],
    [one('name', { $is: 'x' }, 'xor'), 'Property .filter.junction must be one of: and, or'],
    [one('unknown', { $is: 'x' }), 'Property .filter.unknown is not an attribute that can be filtered by'],
    [one('__proto__.x', { $is: 'x' }), 'Property .filter.__proto__.x is not an attribute that can be filtered by'],
    [one('constructor', { $is: 'x' }), 'Property .filter.constructor is not an attribute that can be filtered by'],
    [{ junction: 'and', name: 'x' }, 'Property .filter.name.conditions must be an object with an operator'],
    [one('name', {}), 'Property .filter.name.conditions must be an object with an operator'],
    [one('name', { $like: 'x' }), 'Property .filter.name.conditions.$like is not a known operator'],
    [one('name', { constructor: 'x' }), 'Property .filter.name.conditions.constructor is not a known operator'],
    [one('name', { $more_than: 1 }), 'Property .filter.name.conditions.$more_than does not apply to name'],
    [
      one('loyalty.points', { $more_than: 'many' }),
      'Property .filter.loyalty.points.conditions.$more_than must be a number, or, for a time, a number of days',
    ],
    [one('created_at', { $after: 'soon' }), `Property .filter.created_at.conditions.$after ${A_TIME}`],
    [
      one('created_at', { $more_than_ago: -1 }),
      'Property .filter.created_at.conditions.$more_than_ago must be a whole number of days from 0 to 36500',
    ],
    [
      one('created_at', { $more_than_ago: 40_000 }),
      'Property .filter.created_at.conditions.$more_than_ago must be a whole number of days from 0 to 36500',
    ],
    [
      one('name', { $in: Array.from({ length: 201 }, String) }),
      'Property .filter.name.conditions.$in must be a list of values that suit the attribute',
    ],
    [
      one('created_at', { $after: '9999-12-31T23:59:59.999-12:00' }),
      `Property .filter.created_at.conditions.$after ${A_TIME}`,
    ],
    [
      one('created_at', { $before: '1000-01-01T00:00:00+14:00' }),
      `Property .filter.created_at.conditions.$before ${A_TIME}`,
    ],
    [
      one('metadata.x', { $before: '2026-03-01T00:00:00.1234567890Z' }),
      `Property .filter.metadata.x.conditions.$before ${A_TIME}`,
    ],
    [
      one('created_at', { $is: '2026-02-30' }),
      'Property .filter.created_at.conditions.$is must be one value that suits the attribute',
    ],
    [one('metadata.x', { $after: '2026-02-29T10:00:00Z' }), `Property .filter.metadata.x.conditions.$after ${A_TIME}`],
    [
      one('metadata.x', { $in_location: '52,21' }),
      'Property .filter.metadata.x.conditions.$in_location must be places, each as "latitude,longitude,kilometres"',
    ],
    [
      one('metadata.x', { $in_location: ['52,21,5', '91,21,5'] }),
      'Property .filter.metadata.x.conditions.$in_location must be places, each as "latitude,longitude,kilometres"',
    ],
    [
      one('loyalty.points', { $more_than: '1e999' }),
      'Property .filter.loyalty.points.conditions.$more_than must be a number, or, for a time, a number of days',
    ],
    [
      one('name', { $is: { deep: 1 } }),
      'Property .filter.name.conditions.$is must be one value that suits the attribute',
    ],
  ])('%j is refused: %s', (said, problem) => {
    expect(problems(said)).toEqual([problem]);
  });

  test('a stored filter with a day that is refused today still compiles', () => {
    const kept = { junction: 'and', created_at: { conditions: { $after: ['2026-02-30'] } } } as const;
    const at = (created_at: string): boolean =>
      compileFilter(kept).matches({ document: { id: 'c', created_at }, events: {}, publications: {} }, NOW);
    expect([at('2026-03-02T00:00:00.000Z'), at('2026-03-02T00:00:00.001Z')]).toEqual([false, true]);
  });

  test('an operator without operand accepts any operand', () => {
    for (const operand of [true, false, '', null, 0, [], [null], {}])
      expect(matches(one('name', { $has_value: operand }), { name: 'Ada' })).toBe(true);
  });

  test('any input is refused or compiles, and never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.jsonValue(), fc.dictionary(fc.string(), fc.record({ conditions: fc.jsonValue() }))),
        (said) => {
          const parsed = parseFilter(said);
          if ('filter' in parsed)
            compileFilter(parsed.filter).matches({ document: { id: 'c' }, events: {}, publications: {} }, NOW);
          else expect(parsed.problems.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: runs(1_000, 5_000) },
    );
  });

  test('parsing is idempotent', () => {
    const meant = filters.filter((filter) => !NO_TIMES.some((text) => JSON.stringify(filter).includes(text)));
    fc.assert(
      fc.property(meant, (filter) => expect(parseFilter(filter)).toEqual({ filter })),
      { numRuns: runs(500, 2_000) },
    );
  });
});

describe('evaluation', () => {
  const cases: readonly (readonly [object, Partial<Subject['document']>, boolean])[] = [
    [{ $is: 'Poland' }, { metadata: { x: 'Poland' } }, true],
    [{ $is: 'poland' }, { metadata: { x: 'Poland' } }, false],
    [{ $is: '5' }, { metadata: { x: 5 } }, true],
    [{ $is: '5.0' }, { metadata: { x: 5 } }, true],
    [{ $is: true }, { metadata: { x: true } }, true],
    [{ $is: 1_234_567_890_123_456 }, { metadata: { x: 1_234_567_890_123_456 } }, true],
    [{ $in: ['9007199254740991'] }, { metadata: { x: 9_007_199_254_740_991 } }, true],
    [{ $is: 1e21 }, { metadata: { x: 1e21 } }, true],
    [{ $is: 1e-7 }, { metadata: { x: 1e-7 } }, true],
    [{ $is: 0.1 + 0.2 }, { metadata: { x: 0.1 + 0.2 } }, true],
    [{ $less_than: 2e-7 }, { metadata: { x: 1e-7 } }, true],
    [{ $is: 'b' }, { metadata: { x: ['a', 'b'] } }, true],
    [{ $is: 'x' }, {}, false],
    [{ $is_not: 'x' }, {}, true],
    [{ $is_not: 'x' }, { metadata: { x: 'x' } }, false],
    [{ $in: ['a', 'b'] }, { metadata: { x: 'b' } }, true],
    [{ $not_in: ['a', 'b'] }, { metadata: { x: 'c' } }, true],
    [{ $has_value: '' }, { metadata: { x: 0 } }, true],
    [{ $has_value: true }, { metadata: { x: '' } }, false],
    [{ $is_unknown: true }, { metadata: { x: null } }, true],
    [{ $contains: 'ell' }, { metadata: { x: 'hello' } }, true],
    [{ $not_contain: 'ell' }, { metadata: { x: 'hello' } }, false],
    [{ $starts_with: 'he' }, { metadata: { x: 'hello' } }, true],
    [{ $ends_with: 'lo' }, { metadata: { x: 'hello' } }, true],
    [{ $more_than: 4 }, { metadata: { x: 5 } }, true],
    [{ $more_than: 4 }, { metadata: { x: '5' } }, false],
    [{ $more_than: 4, $less_than: 6 }, { metadata: { x: 5 } }, true],
    [{ $more_than: 4, $less_than: 5 }, { metadata: { x: 5 } }, false],
    [{ $less_than_equal: 5 }, { metadata: { x: 5 } }, true],
    [{ $after: '2026-05-01', $before: '2026-05-03' }, { metadata: { x: '2026-05-02' } }, true],
    [{ $after: '2026-05-02' }, { metadata: { x: '2026-05-02' } }, false],
    [{ $after: '2026-05-01' }, { metadata: { x: '2026-05-01T00:00:01Z' } }, true],
    [{ $after: '2026-05-01' }, { metadata: { x: '2026-05-01T00:00:00Z' } }, false],
    [{ $after: '2026-05-01' }, { metadata: { x: '2026-05-01T00:00:00.0019999Z' } }, true],
    [{ $after: '2026-05-01' }, { metadata: { x: '2026-05-01T00:00:00.0009999Z' } }, false],
    [{ $less_than_ago: 1 }, { metadata: { x: '2026-05-15T09:00:00.5Z' } }, true],
    [{ $after: '2026-05-01' }, { metadata: { x: '2026-05-02T00:00:00.Z' } }, false],
    [{ $after: '2026-05-01' }, { metadata: { x: '2026-05-02T00:00:00+02:00' } }, false],
    // Warsaw to Berlin: 516.9 km
    [{ $in_location: '52.2297,21.0122,518' }, { metadata: { x: { lat: 52.52, lng: 13.405 } } }, true],
    [{ $in_location: '52.2297,21.0122,516' }, { metadata: { x: { lat: 52.52, lng: 13.405 } } }, false],
    [{ $in_location: ['0,0,1', '52.2297, 21.0122, 518'] }, { metadata: { x: ['Berlin', '52.52, 13.405'] } }, true],
    // 0.1 degrees of the equator, over the date line: 11.1 km
    [{ $in_location: '0,179.95,11.2' }, { metadata: { x: '0,-179.95' } }, true],
    [{ $in_location: '0,179.95,11' }, { metadata: { x: '0,-179.95' } }, false],
    [{ $in_location: '0,0,20015' }, { metadata: { x: '91,0' } }, false],
    [{ $count: 2 }, { metadata: { x: ['a', 'b'] } }, true],
    [{ $count_less: 1 }, {}, true],
    [{ $count_more: 1 }, { metadata: { x: 'a' } }, false],
  ];
  test.each(cases)('%j of %j: %s', (conditions, subject, truth) => {
    expect(matches(one('metadata.x', conditions), subject)).toBe(truth);
  });

  test.each([
    ['$more_than_ago', 30, '2026-05-01T12:00:00.000Z', '2026-05-31T12:00:00.000Z'],
    ['$less_than_ago', 30, '2026-05-31T11:59:59.999Z', '2026-05-31T12:00:00.000Z'],
    ['$is_days_ago', 2, '2026-05-03T23:00:00.000Z', '2026-05-04T00:00:00.000Z'],
    ['$is_days_in_future', 2, '2026-04-29T01:00:00.000Z', '2026-04-30T00:00:00.000Z'],
    ['$less_than_future', 2, '2026-04-29T12:00:00.000Z', '2026-05-01T12:00:00.000Z'],
    ['$more_than_future', 2, '2026-04-29T11:59:59.999Z', '2026-04-29T12:00:00.000Z'],
  ] as const)('created_at %s %i at its boundary', (operator, days, first, second) => {
    const created_at = '2026-05-01T12:00:00.000Z';
    const at = (now: string): boolean => matches(one('created_at', { [operator]: days }), { created_at }, {}, now);
    expect([at(first), at(second)]).toEqual(operator === '$more_than_ago' ? [false, true] : [true, false]);
  });

  test('names may hold dots and spaces, and never reach a prototype', () => {
    const loyalty = {
      campaigns: { 'Tiers 2.points': { points: 7, loyalty_tier: 'gold' }, 'Tiers 2': { points: 500 } },
    };
    expect(matches(one('loyalty_points.campaigns.Tiers 2.points', { $is: 500 }), { loyalty })).toBe(true);
    expect(matches(one('loyalty.campaigns.Tiers 2.points.points', { $is: 7 }), { loyalty })).toBe(true);
    expect(matches(one('loyalty_tier.campaigns.Tiers 2.points', { $is: 'gold' }), { loyalty })).toBe(true);
    expect(
      matches(one('events.page.viewed.count', { $more_than: 1 }), {}, { 'page.viewed': { count: 2, last_at: NOW } }),
    ).toBe(true);
    for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty'])
      expect(matches(one(`metadata.${key}`, { $has_value: true }), { metadata: {} })).toBe(false);
  });

  test('birthday and birthdate are two fields', () => {
    expect(matches(one('birthday', { $is: '1990-05-06' }), { birthday: '1990-05-06' })).toBe(true);
    expect(matches(one('birthday', { $is: '1990-05-06' }), { birthdate: '1990-05-06' })).toBe(false);
    expect(matches(one('birthdate', { $is: '1990-05-06' }), { birthdate: '1990-05-06' })).toBe(true);
  });

  test.each(['1990-05-06', '1990-05-06T00:00:00.000Z', '1990-05-06T23:59:59Z', '1990-05-06T00:00:00+02:00'])(
    'a birthday of %s compares by its date',
    (said) => {
      const days = ['1990-05-05', '1990-05-06', '1990-05-07'];
      expect(days.filter((birthdate) => matches(one('birthdate', { $is: said }), { birthdate }))).toEqual([days[1]]);
    },
  );

  test('a birthday matches every year', () => {
    const filter = one('birthdate', { $next_month: [true] });
    const months = Array.from({ length: 12 }, (_, n) => `2026-${String(n + 1).padStart(2, '0')}-15T00:00:00.000Z`);
    expect(months.filter((now) => matches(filter, { birthdate: '1990-01-31' }, {}, now))).toEqual([months[11]]);
    expect(
      months.filter((now) => matches(one('birthdate', { $this_month: true }), { birthdate: '1990-01-31' }, {}, now)),
    ).toEqual([months[0]]);
  });
});

describe('time', () => {
  const RELATIVE = [
    '$more_than_ago',
    '$less_than_ago',
    '$is_days_ago',
    '$more_than_future',
    '$less_than_future',
    '$is_days_in_future',
  ];
  test('the answer does not change before the next change', () => {
    fc.assert(
      fc.property(
        filters,
        subjects,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), { minLength: 5, maxLength: 5 }),
        (said, subject, parts) => {
          const filter = compileFilter(said);
          let now = NOW;
          for (let step = 0; step < 20; step++) {
            const truth = filter.matches(subject, now);
            const next = filter.nextMembershipChange(subject, now);
            const end_ms = next === undefined ? Date.parse(now) + 4_000 * 86_400_000 : Date.parse(next);
            expect(end_ms).toBeGreaterThan(Date.parse(now));
            const before = [...parts, 0.999_999_999].map((part) =>
              Math.floor(Date.parse(now) + part * (end_ms - Date.parse(now))),
            );
            const times = [...before, end_ms].map((one) => new Date(Math.min(one, end_ms - 1)).toISOString());
            expect(times.filter((time) => filter.matches(subject, time) !== truth)).toEqual([]);
            if (next === undefined) return;
            now = next;
          }
        },
      ),
      { numRuns: runs(600, 3_000) },
    );
  });

  test.each([
    ['1990-07-31', '$next_month', '2026-06-01'],
    ['1990-07-31', '$this_month', '2026-07-01'],
    ['1990-06-01', '$next_month', '2026-06-01'],
    ['1990-05-01', '$this_month', '2026-06-01'],
    ['1992-02-29', '$next_month', '2027-01-01'],
    ['1990-05-20', '$next_month', '2027-04-01'],
  ])('born on %s: %s does not change before %s', (birthdate, operator, day) => {
    const filter = compileFilter(read(one('birthdate', { [operator]: true })));
    const subject = { document: { id: 'c', birthdate }, events: {}, publications: {} };
    expect(filter.nextMembershipChange(subject, NOW)).toBe(`${day}T00:00:00.000Z`);
  });

  test.each(NO_TIMES)('%s is not a time, but its next change is still found', (x) => {
    const subject = { document: { id: 'c', metadata: { x } }, events: {}, publications: {} };
    const unforeseen: string[] = [];
    // two days, every quarter of an hour or every minute
    const moments = Math.min(2_880, runs(192, 2_880));
    const step_ms = (2_880 / moments) * 60_000;
    const times = Array.from({ length: moments }, (_, n) => Math.round(Date.parse(NOW) + (n + 1) * step_ms)).flatMap(
      (ms) => [ms - 1, ms].map((one) => new Date(one).toISOString()),
    );
    for (const operator of RELATIVE)
      for (const days of [0, 1, 31]) {
        const filter = compileFilter(read(one('metadata.x', { [operator]: days })));
        let [truth, next] = [filter.matches(subject, NOW), filter.nextMembershipChange(subject, NOW)];
        for (const at of times) {
          const after = filter.matches(subject, at);
          if (after !== truth && (next === undefined || next > at)) unforeseen.push(`${operator} ${days} at ${at}`);
          [truth, next] = [after, filter.nextMembershipChange(subject, at)];
        }
      }
    expect(unforeseen).toEqual([]);
  });

  test('why agrees with matches', () => {
    fc.assert(
      fc.property(filters, subjects, (said, subject) => {
        const filter = compileFilter(said);
        const { truth, junction, conditions } = filter.why(subject, NOW);
        expect(truth).toBe(filter.matches(subject, NOW));
        const byAttribute = new Map<string, boolean>();
        for (const one of conditions)
          byAttribute.set(one.attribute, (byAttribute.get(one.attribute) ?? true) && one.truth);
        const all = [...byAttribute.values()];
        expect(junction === 'and' ? all.every(Boolean) : all.some(Boolean)).toBe(truth);
      }),
    );
  });
});
