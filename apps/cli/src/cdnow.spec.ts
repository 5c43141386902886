import { expect, test } from '@jest/globals';
import { parseFact } from '#contract';
import { CdnowFacts, cents, parsePurchase, type Purchase } from './cdnow.js';

test.each([
  ['29.33', 2933],
  ['0.00', 0],
  ['7', 700],
  ['1.5', 150],
  // multiplied by 100 these two are not integers
  ['1.15', 115],
  ['4.35', 435],
  ['90071992547409.91', Number.MAX_SAFE_INTEGER],
])('%s dollars are %i cents', (dollars, amount) => expect(cents(dollars)).toBe(amount));

test.each(['', '-1.00', '1.234', '1,50', '.5', '5.', '1e3', '90071992547409.92'])('%j is not an amount', (dollars) =>
  expect(cents(dollars)).toBeUndefined(),
);

test('a line may have any white space', () => {
  const purchase = { customer: '00004', day: '19970101', cds: 2, amount: 2933 };
  expect(parsePurchase(' 00004 0001 19970101  2   29.33\r')).toEqual(purchase);
  expect(parsePurchase('00004\t0001\t19970101\t2\t29.33')).toEqual(purchase);
});

test.each([
  ['00004 0001 19970101 2', /five columns/],
  ['00004 0001 19970101 2 29.33 more', /five columns/],
  ['00004 0001 19970231 2 29.33', /19970231 is not a date/],
  ['00004 0001 970101 2 29.33', /970101 is not a date/],
  ['00004 0001 19970101 two 29.33', /two is not a number of CDs/],
  ['00004 0001 19970101 2 $29.33', /is not an amount/],
])('%j is malformed', (line, problem) => expect(parsePurchase(line)).toMatch(problem));

test('the n-th purchase of a customer and day has its own id and second', () => {
  const facts = new CdnowFacts();
  const purchase: Purchase = { customer: '00004', day: '19970101', cds: 2, amount: 2933 };
  const [first, second, other] = [
    facts.fact(purchase),
    facts.fact(purchase),
    facts.fact({ ...purchase, day: '19970102' }),
  ];

  expect(first).toEqual({
    specversion: '1.0',
    id: 'cdnow-00004-19970101-1',
    source: '/import/cdnow',
    type: 'order.paid',
    time: '1997-01-01T12:00:00.000Z',
    data: {
      id: 'cdnow-00004-19970101-1',
      amount: 2933,
      created_at: '1997-01-01T12:00:00.000Z',
      metadata: { cds: 2 },
      customer: { source_id: 'cdnow-00004' },
    },
  });
  expect([second.id, second.time]).toEqual(['cdnow-00004-19970101-2', '1997-01-01T12:00:01.000Z']);
  expect(other.id).toBe('cdnow-00004-19970102-1');
  expect(parseFact(first)).not.toHaveProperty('error');
});
