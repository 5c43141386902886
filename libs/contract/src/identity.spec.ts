import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Fact, parseFact } from './cloud-events.js';

const event = {
  specversion: '1.0',
  id: 'e1',
  source: '/shop',
  type: 'order.paid',
  time: '2024-05-01T10:00:00Z',
  data: {
    id: 'o',
    amount: 900,
    created_at: '2024-05-01',
    items: [{ sku: 'a', price: 1 }, { sku: 'b' }],
    customer: { source_id: 'ada' },
  },
};
type Changes = Readonly<Record<string, unknown>>;

const identity = (given: object): string => {
  const fact = parseFact(given);
  if ('error' in fact) throw fact.error;
  return fact.identity;
};
const changed = (changes: Changes, data: Changes = {}): string =>
  identity({ ...event, ...changes, data: { ...event.data, ...data } });

const json = fc.letrec<{ any: unknown; object: object }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom(null, true, false, '', 'a', '"', 0, 1, -1.5, '1', 'null'),
    fc.array(tie('any'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(fc.constantFrom('a', 'b', '"', 'told_as', '1'), tie('any'), { maxKeys: 3 }),
})).object;

/** The same JSON value with the keys of every object in another order. */
function reordered(value: unknown, by: (names: string[]) => string[]): unknown {
  if (Array.isArray(value)) return value.map((inner) => reordered(inner, by));
  if (typeof value !== 'object' || value === null) return value;
  const names = by(Object.keys(value));
  return Object.fromEntries(names.map((name) => [name, reordered((value as Changes)[name], by)]));
}

const reversed = (names: string[]): string[] => names.toReversed();

describe('the identity of a fact', () => {
  test('is its canonical content', () => {
    expect(identity({ ...event, sequence: '07' })).toBe(
      '["/shop","7","order.paid","2024-05-01T10:00:00.000000000Z",' +
        '{"amount":900,"created_at":"2024-05-01T00:00:00.000000000Z","customer":{"source_id":"ada"},"id":"o",' +
        '"items":[{"price":1,"sku":"a"},{"sku":"b"}],"status":"PAID"}]',
    );
  });

  test('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(json, fc.array(json, { maxLength: 3 }), (metadata, items) => {
        const told = { ...event, data: { ...event.data, metadata, items } };
        expect(identity(reordered(told, reversed) as object)).toBe(identity(told));
      }),
    );
  });

  test('does not depend on the notation of a time', () => {
    const offset = fc.integer({ min: -12 * 60, max: 14 * 60 });
    const times = ['', '.0', '.000', '.000000000'];
    fc.assert(
      fc.property(offset, offset, fc.constantFrom(...times), (one, other, fraction) => {
        const created_at = written(Date.parse(event.data.created_at), other, '');
        const time = written(Date.parse(event.time), one, fraction);
        expect(changed({ time }, { created_at })).toBe(identity(event));
      }),
    );
  });

  test.each<[string, Changes, Changes]>([
    ['another id of the CloudEvent', { id: 'e2' }, {}],
    ['a subject', { subject: 'o' }, {}],
    ['a property that is not known', { traceparent: '00' }, { color: 'red' }],
    ['null in a nullish property', { sequence: null }, { source_id: null }],
    ['a value that the type implies', {}, { status: 'PAID' }],
  ])('stays the same with %s', (_, changes, data) => {
    expect(changed(changes, data)).toBe(identity(event));
  });

  test.each<[string, Changes, Changes]>([
    ['source', { source: '/till' }, {}],
    ['sequence', { sequence: '0' }, {}],
    ['type', { type: 'order.updated' }, { status: 'PAID' }],
    ['time', { time: '2024-05-01T10:00:00.000000001Z' }, {}],
    ['time of the state', {}, { updated_at: event.time }],
    ['amount', {}, { amount: 901 }],
    ['amount, now null', {}, { amount: null }],
    ['name of the customer', {}, { customer: { id: 'ada' } }],
    ['further name of the customer', {}, { customer: { source_id: 'ada', id: 'cust_1' } }],
    ['order of items', {}, { items: [{ sku: 'b' }, { sku: 'a', price: 1 }] }],
    ['metadata', {}, { metadata: {} }],
  ])('changes with another %s', (_, changes, data) => {
    expect(changed(changes, data)).not.toBe(identity(event));
  });

  test('differs for any two different values', () => {
    const plain = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(reordered(value, (names) => names.toSorted())));
    fc.assert(
      fc.property(json, json, (one, other) => {
        const isSame = changed({}, { metadata: one }) === changed({}, { metadata: other });
        expect(isSame).toBe(JSON.stringify(plain(one)) === JSON.stringify(plain(other)));
      }),
    );
  });

  test('of a custom event without an id contains source and id of its CloudEvent', () => {
    const visit = (id: string, data: object = {}): string =>
      identity({
        ...event,
        id,
        type: 'customer.custom_event',
        data: { type: 'visit', customer: { id: 'c' }, ...data },
      });
    expect(visit('1')).not.toBe(visit('2'));
    expect(visit('1')).toBe(visit('2', { id: '/shop#1' }));
    expect(visit('1', { id: 'own' })).toBe(visit('2', { id: 'own' }));
  });

  test('of an order leaves out told_as, which the type implies', () => {
    const fact = parseFact(event) as Extract<Fact, { type: 'order.paid' }>;
    expect([fact.data.told_as, fact.identity.includes('told_as')]).toStrictEqual(['paid', false]);
  });
});

function written(ms: number, offset: number, fraction: string): string {
  const hours = String(Math.floor(Math.abs(offset) / 60)).padStart(2, '0');
  const minutes = String(Math.abs(offset) % 60).padStart(2, '0');
  const local = new Date(ms + offset * 60_000).toISOString().slice(0, 19);
  return `${local}${fraction}${offset < 0 ? '-' : '+'}${hours}:${minutes}`;
}
