import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { FactEnvelope } from './fact-envelope.js';
import { componentSchemas } from './components.js';
import { ConsentsBody } from './dto/consent.js';
import { CustomerBody } from './dto/customer.js';
import { CustomerListQuery } from './dto/customer-list.js';
import { facts, factTypes } from './facts/index.js';
import { parse } from './parse.js';
import type { Dto } from './kind.js';
import { type Field, fieldsOf } from './shape.js';
import { dtoSchema, factSchemas } from './schemas.js';

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: false });

const texts = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', 'a\0', '\ud83d', 'x'.repeat(256), '😀'.repeat(255)),
);
const times = fc.constantFrom(
  '2021-04-07',
  '2021-02-30',
  '2020-02-29',
  '2021-04-07T08:04:03Z',
  '2021-04-07T08:04:03.123456+02:00',
  '2021-04-07T25:00Z',
  'x',
);
const numbers = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(-0, 2 ** 53, 2 ** 53 - 1, -(2 ** 53), 1.5));
/** The schema bounds metadata only in words, so keys are plain and numbers exact here. */
const { json, object } = fc.letrec<{ json: unknown; object: object }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 2 },
    fc.boolean(),
    fc.constant(null),
    numbers.filter((number) => Math.abs(number) <= Number.MAX_SAFE_INTEGER),
    fc.string(),
    fc.array(tie('json'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), tie('json'), { maxKeys: 3 }),
}));

/** Valid, invalid and missing values for all properties of a class. */
function attempts(dto: Dto): fc.Arbitrary<object> {
  const properties = fieldsOf(dto).map((one) => [one.property, likely(one)] as const);
  const all = Object.fromEntries(properties);
  return fc.oneof(fc.record(all), fc.record(all, { requiredKeys: [] }));
}

function likely({ nested, schema, name }: Field): fc.Arbitrary<unknown> {
  const right = nested
    ? nested.items_max === undefined
      ? attempts(nested.of)
      : fc.array(attempts(nested.of), { maxLength: 3 })
    : (RIGHT[name] ?? fc.constantFrom(...((schema['enum'] as string[] | undefined) ?? ['?'])));
  return mostly(right, fc.oneof(json, texts, fc.constant(null)));
}

/** Seldom wrong, because one wrong property refuses the whole object. */
const mostly = (right: fc.Arbitrary<unknown>, others: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 15, arbitrary: right }, { weight: 1, arbitrary: others });
const RIGHT: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  isId: mostly(fc.constant('cust_1'), texts),
  isText: mostly(fc.constant('Andy'), texts),
  isInstant: mostly(fc.constant('2021-04-07T08:04:03Z'), times),
  isDay: mostly(fc.constant('2021-04-07'), times),
  isMinorUnits: mostly(fc.nat(), numbers),
  isPoints: mostly(fc.nat(), numbers),
  isSignedInteger: mostly(fc.integer(), numbers),
  isMetadata: mostly(object, fc.constant(JSON.parse('{"__proto__":1}'))),
  isSource: mostly(fc.constant('/shop'), fc.oneof(texts, fc.constant('/v1/async-actions/aa_1'))),
  isSequence: mostly(fc.constant('0012'), fc.oneof(texts, fc.stringMatching(/^\d{0,31}$/), fc.integer())),
  isObject: object,
  isObjects: fc.array(object, { maxLength: 4 }),
};

const classes: readonly Dto[] = [CustomerBody, FactEnvelope, ...new Set(factTypes.map((type) => facts[type].data))];

describe('a class and its schema', () => {
  test.each(classes)('%p accept the same values', (dto) => {
    const valid = ajv.compile(dtoSchema(dto));
    let accepted = 0;
    fc.assert(
      fc.property(fc.oneof({ weight: 20, arbitrary: attempts(dto) }, { weight: 1, arbitrary: json }), (input) => {
        const { error } = parse(dto, input);
        expect([error?.details, valid(input)]).toStrictEqual([error?.details, error === undefined]);
        if (!error) accepted += 1;
      }),
      { numRuns: 400 },
    );
    expect(accepted).toBeGreaterThan(0);
  });

  test('of consents accept the same values', () => {
    const valid = ajv.compile(dtoSchema(ConsentsBody));
    const bodies = fc.dictionary(
      fc.oneof(fc.string(), fc.constant('__proto__')),
      fc.oneof({ weight: 9, arbitrary: fc.boolean() }, json),
    );
    fc.assert(fc.property(bodies, (body) => expect(valid(body)).toBe(parse(ConsentsBody, body).error === undefined)));
  });

  test('normalized values satisfy the schema, too', () => {
    for (const type of factTypes) {
      const valid = ajv.compile(dtoSchema(facts[type].data));
      fc.assert(
        fc.property(attempts(facts[type].data), (input) => {
          const result = parse<object>(facts[type].data, input);
          if (!result.error) expect(valid(JSON.parse(JSON.stringify(result.value)))).toBe(true);
        }),
        { numRuns: 50 },
      );
    }
  });
});

describe('the schemas of facts', () => {
  test('cover every type, each with its own name', () => {
    const schemas = factSchemas();
    expect(Object.keys(schemas)).toStrictEqual(factTypes);
    for (const type of factTypes) {
      expect(schemas[type]).toMatchObject({
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        $id: `urn:customer-ledger:fact:${type}`,
        title: type,
        description: facts[type].description,
        type: 'object',
      });
      expect(ajv.compile(schemas[type])({})).toBe(false);
    }
  });

  test('state required properties and the meaning of null', () => {
    expect(factSchemas()['order.paid']).toMatchObject({
      required: ['id', 'customer'],
      properties: {
        amount: { type: ['integer', 'null'], minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
        status: { enum: ['CREATED', 'PROCESSING', 'PAID', 'FULFILLED', 'CANCELED', null] },
      },
    });
    expect(factSchemas()['customer.loyalty.tier.changed']).toMatchObject({
      required: ['customer', 'campaign', 'loyalty_tier'],
    });
  });
});

test('a query schema has no null', () => {
  expect(dtoSchema(CustomerListQuery)).toMatchObject({
    properties: {
      limit: { type: 'integer', minimum: 1, maximum: 100, default: 10 },
      created_at: { type: 'object', properties: { before: { type: 'string' } } },
      order: { default: '-created_at' },
    },
  });
});

test('the schemas of answers compile', () => {
  const schemas = componentSchemas();
  const all = new Ajv2020({ strict: false, formats: { date: true, 'date-time': true } }).addSchema(
    { components: { schemas } },
    'api',
  );
  for (const name of Object.keys(schemas))
    expect(all.getSchema(`api#/components/schemas/${name}`)).toBeInstanceOf(Function);
});
