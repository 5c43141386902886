import fc from 'fast-check';
import { factSchemas, type FactType, factTypes, type JsonSchema } from '#contract';

/* Random facts from their schemas, with few ids and times, so that facts meet and conflict. */

const SENDERS = ['s1', 's2'];
const instants = Array.from({ length: 5 }, (_, day) => `2026-03-0${day + 1}T10:00:00.000Z`);
const instant = fc.constantFrom(...instants);
/** Values that schemas describe in words only: customers by source id, and campaigns. */
const NAMED: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  customer: fc.constantFrom(...SENDERS).map((source_id) => ({ source_id })),
  referrer: fc.constantFrom(...SENDERS).map((source_id) => ({ source_id })),
  source_id: fc.constantFrom(...SENDERS),
  campaign: fc.constantFrom({ id: 'c1', name: 'One' }, { id: 'c2' }),
};
const json = fc.oneof(fc.string({ maxLength: 3 }), fc.integer(), fc.boolean(), fc.constant(null));
const free = fc.dictionary(fc.constantFrom('x', 'y', 'constructor'), json, { maxKeys: 2 });

/** Values that a schema allows. */
function valuesOf(schema: JsonSchema, name = ''): fc.Arbitrary<unknown> {
  const words = schema['enum'] as unknown[] | undefined;
  if (words) return fc.constantFrom(...words);
  const types = [schema['type']].flat() as string[];
  return fc.oneof(...types.map((type) => MAKERS[type]?.(schema, name) ?? fc.constant(null)));
}

const MAKERS: Readonly<Record<string, (schema: JsonSchema, name: string) => fc.Arbitrary<unknown>>> = {
  string: ({ minLength, description }, name) => {
    if (typeof description === 'string') return description.startsWith('YYYY') ? fc.constant('1990-02-03') : instant;
    return fc.constantFrom(...['1', '2', '3'].map((n) => `${name}_${n}`), ...(minLength === undefined ? [''] : []));
  },
  integer: ({ minimum }) => fc.integer({ min: minimum === 0 ? 0 : -500, max: 500 }),
  array: ({ items, minItems = 0 }) =>
    fc.array(valuesOf(items as JsonSchema), { minLength: minItems as number, maxLength: 2 }),
  object: (schema) => (schema['properties'] === undefined ? free : objectOf(schema)),
};

/** Named values, except for vouchers whose campaign is a text. */
const byName = (name: string, { type }: JsonSchema): fc.Arbitrary<unknown> | undefined =>
  name === 'campaign' && type !== 'object' ? undefined : NAMED[name];

function objectOf({ properties, required = [], allOf = [] }: JsonSchema): fc.Arbitrary<object> {
  const all = Object.entries(properties as Record<string, JsonSchema>);
  const values = all.map(([name, schema]) => [name, byName(name, schema) ?? valuesOf(schema, name)] as const);
  // where one of several properties is required, all are present
  const needed = (allOf as { anyOf: { required: string[] }[] }[]).flatMap(({ anyOf }) =>
    anyOf.flatMap((one) => one.required),
  );
  const isSomething = (object: Record<string, unknown>): boolean =>
    needed.length === 0 || needed.some((name) => object[name] != null);
  const requiredKeys = [...new Set([...(required as string[]), ...needed])];
  return fc.record(Object.fromEntries(values), { requiredKeys }).filter(isSomething);
}

const dataOf = (type: FactType): fc.Arbitrary<object> => {
  const data = objectOf(factSchemas()[type]);
  // customers have no own id here
  if (!type.startsWith('customer.created') && !type.startsWith('customer.updated')) return data;
  return data.map((said) => ({ ...said, id: null, source_id: 's1' }));
};

/** More frequent, because it takes two of them to leave a tier. */
const RARE = Array<FactType>(3).fill('customer.loyalty.tier.changed');

/** CloudEvents with facts of every type. */
export const someFacts: fc.Arbitrary<object[]> = fc.array(
  fc
    .constantFrom(...factTypes, ...RARE)
    .chain((type) => fc.record({ type: fc.constant(type), time: instant, data: dataOf(type) }))
    .map((fact) => ({ specversion: '1.0', id: JSON.stringify(fact).slice(0, 255), source: '/test', ...fact })),
  { minLength: 1, maxLength: 60, size: 'max' },
);
