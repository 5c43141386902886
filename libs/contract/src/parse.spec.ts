import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ActivityQuery } from './dto/activity.js';
import { ConsentsBody } from './dto/consent.js';
import { CustomerBody } from './dto/customer.js';
import { CustomerListQuery } from './dto/customer-list.js';
import { ValidationRulesBody } from './dto/validation-rule.js';
import { OrderFact } from './facts/order.js';
import { parse, parsed } from './parse.js';
import type { Dto } from './kind.js';

const problem = (dto: Dto, input: unknown): string | undefined => parse(dto, input).error?.details;
const NUMBERS = 'must hold numbers from -(2^53 - 1) to 2^53 - 1 only';
const valueOf = (dto: Dto, input: unknown): object => ({ ...parsed(dto, input) });
const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth));

describe('a customer body', () => {
  test('keeps known properties and drops others', () => {
    const body = {
      source_id: 'a/b c',
      name: null,
      address: { city: null, zip: 1 },
      metadata: { a: [1, { b: null }] },
      segments: [],
    };
    expect(valueOf(CustomerBody, body)).toEqual({
      source_id: 'a/b c',
      name: null,
      address: { city: null },
      metadata: { a: [1, { b: null }] },
    });
    expect(Object.keys(parsed(CustomerBody, {}))).toStrictEqual([]);
    expect(parsed(CustomerBody, {})).toBeInstanceOf(CustomerBody);
  });

  test('keeps null where it unsets a value, and drops it elsewhere', () => {
    const names = [
      'id',
      'source_id',
      'name',
      'description',
      'email',
      'phone',
      'birthday',
      'birthdate',
      'address',
      'metadata',
    ];
    const cleared = parsed(CustomerBody, Object.fromEntries(names.map((name) => [name, null])));
    expect(Object.keys(cleared)).toStrictEqual(names.slice(2));
  });

  test('keeps the date of a date-time', () => {
    expect(parsed(CustomerBody, { birthdate: '1990-05-06T00:00:00.000Z', birthday: '1990-05-07' })).toEqual({
      birthdate: '1990-05-06',
      birthday: '1990-05-07',
    });
  });

  test.each([
    [[], 'Payload must be an object'],
    [null, 'Payload must be an object'],
    ['{}', 'Payload must be an object'],
    [{ email: 5 }, 'Property .email must be a string'],
    [{ source_id: '' }, 'Property .source_id must not be empty'],
    [{ name: 'x'.repeat(256) }, 'Property .name must be at most 255 characters long'],
    [{ name: '\ud83d' }, 'Property .name must not hold NUL or half a surrogate pair'],
    [{ name: 'a\0b' }, 'Property .name must not hold NUL or half a surrogate pair'],
    [{ birthdate: '2021-02-30' }, 'Property .birthdate cannot be recognized as a ISO-8601 compliant date'],
    [{ address: 'Berlin' }, 'Property .address must be an object'],
    [{ address: [] }, 'Property .address must be an object'],
    [{ address: { city: 1 } }, 'Property .address.city must be a string'],
    [{ metadata: [] }, 'Property .metadata must be an object'],
    [{ metadata: { a: nested(5) } }, 'Property .metadata is nested too deeply'],
    [{ metadata: JSON.parse('{"a":1e400}') as object }, `Property .metadata ${NUMBERS}`],
    [{ metadata: JSON.parse('{"a":{"b":[9007199254740993]}}') as object }, `Property .metadata ${NUMBERS}`],
    [{ metadata: { a: 2 ** 53 } }, `Property .metadata ${NUMBERS}`],
    [{ metadata: { a: -(2 ** 53) } }, `Property .metadata ${NUMBERS}`],
    [{ metadata: { a: 1e21 } }, `Property .metadata ${NUMBERS}`],
    [{ metadata: { a: NaN } }, `Property .metadata ${NUMBERS}`],
    [{ metadata: { a: Array(1000).fill(0) } }, 'Property .metadata must hold at most 1000 values'],
    [
      { metadata: JSON.parse('{"a":{"__proto__":1}}') as object },
      'Property .metadata must have keys of 1 to 255 characters, other than __proto__',
    ],
    [
      { metadata: { a: 'x'.repeat(10_001) } },
      'Property .metadata must hold texts of at most 10000 characters, without NUL or half surrogate pairs',
    ],
    [{ email: 5, name: true }, 'Property .name must be a string; Property .email must be a string'],
  ])('%j: %s', (input, words) => {
    expect(problem(CustomerBody, input)).toBe(words);
  });

  test('counts characters, not code units', () => {
    expect(problem(CustomerBody, { name: '😀'.repeat(255) })).toBeUndefined();
    expect(problem(CustomerBody, { name: '😀'.repeat(256) })).toBe(
      'Property .name must be at most 255 characters long',
    );
  });

  test('ignores names of the prototype', () => {
    const input = JSON.parse(
      '{"__proto__":{"name":"x"},"constructor":{"name":1},"toString":1,"hasOwnProperty":2,"name":"y"}',
    ) as object;
    const value = parsed(CustomerBody, input);
    expect(Object.entries(value)).toStrictEqual([['name', 'y']]);
    expect(Object.getPrototypeOf(value)).toBe(CustomerBody.prototype);
    expect(parsed(CustomerBody, Object.create({ name: 'inherited' }))).toEqual({});
  });

  test('accepts metadata with odd keys', () => {
    const metadata = JSON.parse('{"constructor":1,"prototype":{"toString":null},"hasOwnProperty":[true]}') as object;
    expect(parsed(CustomerBody, { metadata }).metadata).toStrictEqual(metadata);
  });

  test('lists a bounded number of problems', () => {
    const consents = Array.from({ length: 400 }, () => ({}));
    const details = problem(OrderFact, { id: 1, items: consents, amount: -1, customer: {} });
    expect(details).toBe(
      'Property .amount must be an amount in minor units: an integer from 0 to 2^53 - 1; Property .id must be a string; ' +
        "Property .customer should have required property 'id' or 'source_id'",
    );
    const many = Object.fromEntries('abcdefghijkl'.split('').map((name) => [name, 'yes']));
    expect(problem(ConsentsBody, many)).toBe('Property .a must be a boolean');
  });

  test('refuses deep and huge input without reading all of it', () => {
    let reads = 0;
    const counting: ProxyHandler<object> = {
      get: (target, key) => ((reads += 1), watched(Reflect.get(target, key))),
    };
    const watched = (value: unknown): unknown =>
      typeof value === 'object' && value !== null ? new Proxy(value, counting) : value;
    const deep = watched(nested(100_000));
    expect(problem(CustomerBody, { metadata: { a: deep }, ignored: deep })).toBe(
      'Property .metadata is nested too deeply',
    );
    const items = watched(Array(1_000_000).fill(1));
    expect(problem(OrderFact, { id: 'o', items, customer: { id: 'c' } })).toBe(
      'Property .items must hold at most 500 items',
    );
    expect(reads).toBeGreaterThan(0);
    expect(reads).toBeLessThan(2_000);
  });
});

describe('amounts', () => {
  const order = (amount: unknown): unknown => ({ id: 'o', amount, customer: { id: 'c' } });
  const words = 'Property .amount must be an amount in minor units: an integer from 0 to 2^53 - 1';

  test.each([2 ** 53, -1, 0.5, NaN, Infinity, '100', true, [1], 1e400])('%p is refused', (amount) => {
    expect(problem(OrderFact, order(amount))).toBe(words);
  });

  test.each([0, 2 ** 53 - 1, 100, null])('%p is accepted', (amount) => {
    expect(parsed(OrderFact, order(amount)).amount).toBe(amount);
  });

  test('-0 normalizes to 0', () => {
    expect(Object.is(parsed(OrderFact, order(-0)).amount, 0)).toBe(true);
  });
});

test('a property that a subclass declares again is checked once, by the subclass', () => {
  const rules = { '1': {} };
  expect(problem(ValidationRulesBody, { name: '', rules })).toBe('Property .name must not be empty');
  expect(problem(ValidationRulesBody, { rules })).toBe("Payload should have required property 'name'");
  expect(problem(ValidationRulesBody, { name: null, rules })).toBe('Property .name must be a string');
});

describe('consents', () => {
  test('are kept under any id', () => {
    const body = JSON.parse('{"unsubscribed":true,"constructor":false}') as object;
    expect(parsed(ConsentsBody, body)).toStrictEqual(body);
  });

  test.each([
    [{}, 'The payload cannot be empty'],
    [{ cnst_1: 'true' }, 'Property .cnst_1 must be a boolean'],
    [JSON.parse('{"__proto__":true}'), 'Payload must have keys of 1 to 255 characters, other than __proto__'],
    [Object.fromEntries(Array.from({ length: 501 }, (_, n) => [n, true])), 'Payload must hold at most 500 consents'],
    [[], 'Payload must be an object'],
  ])('%#: %s', (body: unknown, words) => {
    expect(parse(ConsentsBody, body).error?.body('v-1')).toMatchObject({
      code: 400,
      key: 'invalid_payload',
      details: words,
    });
  });
});

describe('on any JSON', () => {
  const json = fc.jsonValue({ maxDepth: 4 });
  const names = fc.constantFrom(
    'limit',
    'created_at',
    '[created_at][before]',
    'email',
    'address',
    'metadata',
    'name',
    '__proto__',
    'constructor',
    'id',
  );

  test.each([CustomerBody, ConsentsBody, CustomerListQuery, ActivityQuery])(
    '%p gives a value or a contract error',
    (dto) => {
      fc.assert(
        fc.property(
          fc.oneof(json, fc.dictionary(names, json)),
          fc.constantFrom('body' as const, 'query' as const),
          (input, where) => {
            const { error } = parse<object>(dto, input, where);
            if (error) expect([400, error.body('v-1')['code']]).toStrictEqual([error.code, 400]);
          },
        ),
      );
    },
  );

  test('normalizing is idempotent', () => {
    fc.assert(
      fc.property(fc.dictionary(names, json), (input) => {
        const { value } = parse(CustomerBody, input) as { value?: CustomerBody };
        if (value) expect(parsed(CustomerBody, JSON.parse(JSON.stringify(value)))).toEqual(value);
      }),
    );
  });
});
