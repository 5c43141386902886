import fc from 'fast-check';
import { attributeNamed, type ValueType } from './attribute.js';
import type { Filter } from './filter.js';
import { operators } from './operator.js';
import type { Subject } from './subject.js';

/* Random filters and subjects, from few values, so that they match often. */

export const NOW = '2026-05-15T10:00:00.000Z';

/** Texts in the shape of a time that name none; they still have a place in the order of texts. */
export const NO_TIMES = [
  '2026-05-15T10:61:00.000Z',
  '2026-05-14T24:00:00.000Z',
  '2026-05-14T23:59:60.000Z',
  '2026-02-31',
  '2026-04-31',
  '2026-05-00',
  '2026-00-10',
  '2026-13-01',
  '2026-04-15T10:00:61.500Z',
  '2026-05-14T24:00:00Z',
];
const ODD = [
  'a\\b',
  '\\',
  '_',
  '*',
  '[a-z]',
  '?',
  'line\nbreak',
  '\t',
  '😀',
  '😀x',
  'İ',
  'ß',
  'e\u0301',
  '\u2028',
  ' ',
  'null',
  '[]',
  '-0',
  '1e3',
  '0x10',
  'Infinity',
];
const TEXTS = [
  'Poland',
  'poland',
  'Łódź',
  'a"b',
  "it's",
  '%',
  '5',
  '5.0',
  '-1',
  'true',
  'x y.z',
  '2026-05-01',
  '2026-05-14T10:00:00.000Z',
  '2026-05-14T10:00:00Z',
  '2026-05-14T10:00:00.5Z',
  '2026-05-14T10:00:00.000999Z',
  ...NO_TIMES,
  ...ODD,
];
const KEYS = [
  'x',
  'a.b',
  'a"b',
  '$',
  "it's",
  '__proto__',
  'constructor',
  '[0]',
  'Ünï',
  '0',
  'a\\b',
  'a\nb',
  '😀',
  '%',
  ' ',
  '*',
];
const NUMBERS = [
  -1,
  0,
  0.1,
  0.3,
  5,
  1_500,
  9_007_199_254_740_991,
  1e21,
  1e20,
  1e-7,
  0.1 + 0.2,
  5e-324,
  1.7976931348623157e308,
  9_223_372_036_854_775_807,
  -0.1234567890123456,
  1_234_567_890_123_456,
  1.2345678901234567e-300,
];
/** Texts in the shape of a place that name none. */
const NO_PLACES = ['91,10', '1,181', '1,2,3', '01,2', '1.,2', '--1,2', '1e1,2', ',', '52.2297,21.0122x'];
const CAMPAIGNS = ['Tiers 2', 'Tiers 2.points', 'it"s'];

const text = fc.constantFrom(...TEXTS);
const lat = fc.integer({ min: -90, max: 90 });
const lng = fc.integer({ min: -180, max: 180 });
const place = fc.oneof(
  fc.constantFrom(...NO_PLACES),
  fc.tuple(lat, lng).map(([north, east]) => `${north}.25, ${east}`.replace(/(90|180)[.]25/, '$1')),
  fc.record({ lat: fc.oneof(lat, fc.constant('52')), lng }, { requiredKeys: ['lat'] }),
);
const circle = fc.tuple(lat, lng, fc.oneof(fc.nat(500), fc.nat(20_015))).map((parts) => parts.join(','));
const number = fc.constantFrom(...NUMBERS);
const day = fc
  .integer({ min: -400, max: 400 })
  .map((n) => new Date(Date.parse(NOW) + n * 86_400_000).toISOString().slice(0, 10));
const millisecond = fc.oneof(
  fc.integer({ min: -40, max: 40 }).map((n) => new Date(Date.parse(NOW) + n * 86_400_000).toISOString()),
  fc.integer({ min: -1e10, max: 1e10 }).map((n) => new Date(Date.parse(NOW) + n).toISOString()),
);
/** Times as the ledger stores them; digits beyond the millisecond do not count. */
const instant = fc.oneof(
  millisecond,
  fc
    .tuple(millisecond, fc.constantFrom('000000', '000001', '999999'))
    .map(([at, digits]) => `${at.slice(0, 23)}${digits}Z`),
);
const scalar = fc.oneof(text, number, fc.boolean(), instant, day, fc.constant(''), fc.constant(null), place);
const any = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }));
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });

/** An object with own properties, `__proto__` among them. */
const members = <T>(keys: readonly string[], value: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> =>
  fc
    .uniqueArray(fc.tuple(fc.constantFrom(...keys), value), { selector: ([key]) => key, maxLength: 4 })
    .map((entries) => Object.fromEntries(entries));

const clean = <T extends object>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

export const subjects: fc.Arbitrary<Subject> = fc
  .record({
    document: fc.record({
      id: fc.constant('cust_1'),
      name: maybe(text),
      source_id: maybe(text),
      birthdate: maybe(day),
      birthday: maybe(day),
      created_at: instant,
      updated_at: maybe(instant),
      address: fc.oneof(fc.constant(null), members(['city', 'country'], fc.oneof(text, fc.constant(null)))),
      metadata: maybe(members(KEYS, any)),
      summary: fc.record({
        orders: fc.record({ total_amount: number, total_count: number, last_order_date: maybe(instant) }),
      }),
      loyalty: fc.record({
        points: number,
        campaigns: members(CAMPAIGNS, fc.record({ points: number, loyalty_tier: maybe(text) })),
      }),
      system_metadata: fc.oneof(
        fc.constant({}),
        fc.record({ consents: members(KEYS, fc.record({ date: instant, value: fc.boolean() })) }),
      ),
    }),
    publications: fc.record({
      created_at: maybe(instant),
      related_object_id: fc.uniqueArray(text, { maxLength: 3 }),
    }),
    events: members(['page.viewed', 'a"b'], fc.record({ count: fc.integer({ min: 0, max: 3 }), last_at: instant })),
  })
  .map(clean);

const NAMES = [
  'name',
  'source_id',
  'birthdate',
  'birthday',
  'created_at',
  'updated_at',
  'city',
  'address.country',
  ...KEYS.map((key) => `metadata.${key}`),
  'summary.orders.total_amount',
  'summary.orders.total_count',
  'summary.orders.last_order_date',
  'loyalty.points',
  ...CAMPAIGNS.flatMap((name) => [`loyalty_points.campaigns.${name}.points`, `loyalty_tier.campaigns.${name}`]),
  ...KEYS.flatMap((id) => [`system_metadata.consents.${id}.value`, `system_metadata.consents.${id}.date`]),
  'events.page.viewed.count',
  'events.a"b.last_at',
  'publications.created_at',
  'publications.related_object_id',
];

function operandOf(operator: string, type: ValueType): fc.Arbitrary<readonly string[]> {
  const days = fc.constantFrom('0', '1', '30');
  const values: Readonly<Record<ValueType, fc.Arbitrary<string>>> = {
    text,
    any: fc.oneof(text, number.map(String)),
    number: fc.constantFrom('-0', '1500.0', '1e21', ...NUMBERS.map(String)),
    flag: fc.constantFrom('true', 'false'),
    instant: fc.oneof(instant, day),
    day,
  };
  if (operator === '$in_location') return fc.array(circle, { minLength: 1, maxLength: 3 });
  const many = ['$in', '$not_in', '$contains', '$starts_with', '$not_contain'].includes(operator) ? 3 : 1;
  const one = fc.oneof(values[type], days, fc.constant('true'), instant);
  return fc.array(one, { minLength: 1, maxLength: many });
}

const condition = fc.constantFrom(...NAMES).chain((name) => {
  const type = attributeNamed(name)?.type ?? 'text';
  const fitting = Object.keys(operators).filter((operator) => operators[operator]?.types.includes(type));
  return fc.constantFrom(...fitting).chain((operator) =>
    operandOf(operator, type)
      .filter((operand) => operators[operator]?.read(operand, type) !== undefined)
      .map((operand) => ({ name, operator, operand })),
  );
});

export const filters: fc.Arbitrary<Filter> = fc
  .tuple(fc.constantFrom('and' as const, 'or' as const), fc.array(condition, { minLength: 1, maxLength: 4 }))
  .map(([junction, all]) => {
    const clauses = new Map<string, { conditions: Record<string, readonly string[]> }>();
    for (const { name, operator, operand } of all) {
      const clause = clauses.get(name) ?? { conditions: {} };
      clause.conditions[operator] = operand;
      clauses.set(name, clause);
    }
    return Object.fromEntries([['junction', junction], ...clauses]);
  });

/** Matches when any metadata value is a place in a circle. */
export const nearby: fc.Arbitrary<Filter> = circle.map((one) =>
  Object.fromEntries([
    ['junction', 'or'],
    ...KEYS.map((key) => [`metadata.${key}`, { conditions: { $in_location: [one] } }] as const),
  ]),
);
