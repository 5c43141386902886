import { expect, test } from '@jest/globals';
import { type Fact, parseFact } from './cloud-events.js';
import { timesIn } from './fact-times.js';
import { facts, factTypes } from './facts/index.js';
import type { Dto } from './kind.js';
import { fieldsOf } from './shape.js';

const TIME = '2024-05-01T10:00:00.000000000Z';
const T = (second: number): string => `2024-05-01T10:00:0${second}.000000000Z`;
const customer = { source_id: 'ada' };

const times = (type: string, data: object): object => {
  const fact = parseFact({ specversion: '1.0', id: '1', source: '/shop', type, time: TIME, data }) as Fact;
  return Object.fromEntries(timesIn(fact).map(({ path, at }) => [path, at]));
};

test('timesIn returns the times of the envelope and of the data', () => {
  expect(times('order.paid', { id: 'o', customer, updated_at: T(1), created_at: T(2) })).toStrictEqual({
    '.time': TIME,
    '.data.created_at': T(2),
    '.data.updated_at': T(1),
  });
  expect(times('customer.created', { source_id: 'ada', created_at: T(1), birthdate: '2999-01-01' })).toStrictEqual({
    '.time': TIME,
    '.data.created_at': T(1),
  });
  for (const type of ['redemption.succeeded', 'redemption.rollback.failed'])
    expect(times(type, { id: 'r', redemption: 'r', customer, date: T(1) })).toHaveProperty(['.data.date'], T(1));
  const referral = { customer, referrer: { id: 'b' }, campaign: { id: 'c' }, redemption: { id: 'r' }, date: T(1) };
  expect(times('customer.referred', referral)).toHaveProperty(['.data.date'], T(1));
});

test('timesIn ignores absent times and texts within free JSON', () => {
  const visit = { type: 'visit', customer, metadata: { date: '2999-01-01T00:00:00Z' } };
  expect(times('customer.custom_event', visit)).toStrictEqual({ '.time': TIME });
  expect(times('order.paid', { id: 'o', customer, created_at: null })).toStrictEqual({ '.time': TIME });
});

test('every fact property with the name of a time is declared as an instant', () => {
  const nested = (dto: Dto): Dto[] => [
    dto,
    ...fieldsOf(dto).flatMap((one) => (one.nested ? nested(one.nested.of) : [])),
  ];
  const undeclared = factTypes
    .flatMap((type) => nested(facts[type].data))
    .flatMap((dto) => fieldsOf(dto))
    .filter(({ property, is_instant }) => /(^|_)(at|date|time)$/.test(property) && is_instant !== true);
  expect(undeclared).toStrictEqual([]);
});
