import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { customer, type CustomerEvent, type CustomerState, nine } from '#customer';
import { subjectOf } from '#segment';
import { parseRules, type RuleVerdict } from './index.js';

const NOW = '2026-05-20T10:00:00.000Z'; // a Wednesday
const said = (type: CustomerEvent['type'], occurred_at: string, data: object): CustomerEvent =>
  ({ type, occurred_at: nine(occurred_at), data }) as CustomerEvent;
const redeemed = (id: string, at: string, result = 'SUCCESS', more: object = {}): CustomerEvent =>
  said('RedemptionRecorded', at, { id, result, date: nine(at), ...more });
const events: readonly CustomerEvent[] = [
  said('CustomerCreated', '2026-01-01T00:00:00.000Z', {
    created_at: nine('2026-01-01T00:00:00.000Z'),
    metadata: { vip: true, age: 36 },
  }),
  said('OrderPlaced', '2026-02-01T00:00:00.000Z', {
    id: 'o1',
    status: 'PAID',
    amount: 5_000,
    created_at: nine('2026-02-01T00:00:00.000Z'),
  }),
  redeemed('r1', '2026-05-20T08:00:00.000Z'),
  redeemed('r2', '2026-05-18T00:00:00.000Z'),
  redeemed('r3', '2026-05-17T23:59:59.999Z'),
  redeemed('r4', '2026-04-30T10:00:00.000Z'),
  redeemed('r5', '2026-05-20T08:00:00.000Z', 'FAILURE'),
  redeemed('r6', '2026-05-20T08:00:00.000Z', 'SUCCESS', { redemption: 'r1' }),
  redeemed('r7', '2026-05-20T08:00:00.000Z'),
  said('RedemptionRolledBack', '2026-05-20T09:00:00.000Z', { id: 'rr7', redemption: 'r7', result: 'SUCCESS' }),
];
const fold = (all: readonly CustomerEvent[]): CustomerState => all.reduce(customer.evolve, customer.initial);
const known = fold(events);

function check(rules: object, order?: object, state = known): RuleVerdict {
  const read = parseRules(rules);
  if ('problems' in read) throw new Error(read.problems.join('; '));
  return read.check({ subject: subjectOf('cust_1', state.head), state, segments: ['seg_a', 'seg_b'], order, now: NOW });
}
const one = (name: string, conditions: object, property?: string): object => ({
  '1': { name, conditions, rules: {}, ...(property !== undefined && { property }) },
  logic: '1',
});

test.each([
  ['customer.segment', { $is: ['seg_a'] }, true],
  ['customer_segment', { $is: ['seg_a'] }, true],
  ['customer.segment', { $in: ['seg_x', 'seg_b'] }, true],
  ['customer.segment', { $is_not: ['seg_a'] }, false],
  ['customer.orders.total_amount', { $more_than_or_equal: [5_000] }, true],
  ['customer.summary.orders.total_count', { $less_than: [1] }, false],
  ['customer.loyalty.tier', { $is: 'gold' }, false],
  ['redemption.count.per_customer', { $less_than_or_equal: [4] }, true],
  ['redemption.count.per_customer.daily', { $is: 1 }, true],
  ['redemption.count.per_customer.weekly', { $is: 2 }, true],
  ['redemption.count.per_customer.monthly', { $is: 3 }, true],
  ['redemption_count_per_customer_monthly', { $less_than: 3 }, false],
  ['customer_orders_last_order_amount', { $is: 5_000 }, true],
  ['customer_loyalty_tier', { $is: 'gold' }, false],
  ['order_amount', { $is: 5_000 }, false],
] as const)('%s %j: %s', (name, conditions, valid) => {
  expect(check(one(name, conditions)).valid).toBe(valid);
});

test('a redemption counts until it is fully rolled back', () => {
  const at = '2026-05-20T08:00:00.000Z';
  const gift = { gift: { amount: 6_000 }, voucher: { id: 'v1', type: 'GIFT_VOUCHER' } };
  const back = (id: string, amount: number): CustomerEvent =>
    said('RedemptionRolledBack', at, { id, redemption: 'r1', result: 'SUCCESS', gift: { amount } });
  const used = [redeemed('r1', at, 'SUCCESS', gift), back('rr1', 1_000)];
  const rule = one('redemption.count.per_customer', { $less_than: 1 });
  expect(check(rule, undefined, fold(used)).valid).toBe(false);
  expect(check(rule, undefined, fold([...used, back('rr2', 5_000)])).valid).toBe(true);
});

test('metadata of the customer and of the order is checked by property', () => {
  expect(check(one('customer.metadata', { $is: [true] }, 'vip')).valid).toBe(true);
  expect(check(one('customer.metadata', { $more_than: 40 }, 'age')).valid).toBe(false);
  expect(check(one('order.metadata', { $is: 'web' }, 'channel'), { metadata: { channel: 'web' } }).valid).toBe(true);
  expect(check(one('order.amount', { $more_than: 10 }), { amount: 11 }).valid).toBe(true);
  expect(check(one('order.amount', { $more_than: 10 })).valid).toBe(false);
});

test('the logic decides, and the error is the message of the first failing rule', () => {
  const rules = {
    '1': { name: 'customer.segment', conditions: { $is: 'seg_x' }, error: { message: 'for members' } },
    '2': { name: 'customer.metadata', property: 'vip', conditions: { $is: true } },
    '3': {
      name: 'customer.metadata',
      property: 'age',
      conditions: { $more_than: 40 },
      error: { message: 'too young' },
    },
  };
  expect(check({ ...rules, logic: '1 or 2' })).toMatchObject({
    valid: true,
    error: null,
    rules: { '1': { valid: false }, '2': { valid: true } },
  });
  expect(check({ ...rules, logic: '(1 or 3) and 2' })).toMatchObject({ valid: false, error: 'for members' });
  expect(check(rules)).toMatchObject({ valid: false });
  expect(check({ ...rules, logic: 'not 1 and not 3' }).valid).toBe(true);
});

test.each([
  ['not 1', 'too rich'],
  ['2 and not 1', 'too rich'],
  ['not (1 or not 3)', 'too rich'],
  ['not 2 and 3', 'too young'],
  ['2 or 3', 'not a member'],
  ['4', null],
])('the message comes from a rule that makes the logic fail: %s', (logic, error) => {
  const rules = {
    '1': { name: 'customer.orders.total_count', conditions: { $is: 1 }, error: { message: 'too rich' } },
    '2': { name: 'customer.segment', conditions: { $is: 'seg_x' }, error: { message: 'not a member' } },
    '3': {
      name: 'customer.metadata',
      property: 'age',
      conditions: { $more_than: 40 },
      error: { message: 'too young' },
    },
    '4': { name: 'customer.name', conditions: { $has_value: true } },
  };
  expect(check({ ...rules, logic })).toMatchObject({ valid: false, error });
});

test.each([
  [null, 'Property .rules must be an object'],
  [{ logic: '1' }, 'Property .rules must have a rule'],
  [
    { ...one('customer.segment', { $is: 'x' }), logic: '1 and 2' },
    'Property .rules.logic names 2, which is not a rule',
  ],
  [{ ...one('customer.segment', { $is: 'x' }), logic: '1 and' }, 'Property .rules.logic is not complete'],
  [
    { not: { name: 'customer.segment', conditions: { $is: 'x' } } },
    'Property .rules.not: rules are named by up to 50 letters and digits, and not and, or, not',
  ],
  [
    { ...one('customer.segment', { $is: 'x' }), logic: `${'('.repeat(30)}1${')'.repeat(30)}` },
    'Property .rules.logic is nested deeper than 20',
  ],
  [
    one('product.price', { $is: 1 }),
    'Property .rules.1.name is not a known rule about customers, or lacks its .property',
  ],
  [
    one('customer.metadata', { $is: 1 }),
    'Property .rules.1.name is not a known rule about customers, or lacks its .property',
  ],
  [one('customer.segment', {}), 'Property .rules.1.conditions must be an object with an operator'],
  [one('order.amount', { $contains: 'x' }), 'Property .rules.1.conditions.$contains does not apply to order.amount'],
])('%j is refused: %s', (rules, problem) => {
  const read = parseRules(rules);
  expect('problems' in read && read.problems).toContain(problem);
});

test('the maximum number of rules with the longest names needs no logic', () => {
  const names = Array.from({ length: 50 }, (_, n) => String(n).padStart(50, 'r'));
  const rule = { name: 'customer.metadata', property: 'vip', conditions: { $is: true } };
  expect(check(Object.fromEntries(names.map((name) => [name, rule]))).valid).toBe(true);
});

test('no input makes the parser throw', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (rules) => void parseRules(rules)),
    { numRuns: 3_000 },
  );
});
