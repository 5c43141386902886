import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { shown } from '#customer';
import { at } from '../histories.double.js';
import { type ReadModel } from '../read-model.js';
import type { CustomersTable } from '../schema.js';
import { ACTIVE_CUSTOMERS, type CustomerFilter } from './customer.js';
import { ScrollTooWide, TIES_MAX } from './page.js';
import { upsert } from '../statements.js';
import { runs } from '../../../customer/src/runs.fixture.js';

interface Known {
  readonly id: string;
  readonly status: 'active' | 'deleted' | 'unknown';
  readonly source_id: string | null;
  readonly email: string | null;
  readonly name: string | null;
  readonly city: string | null;
  readonly created_at: string;
  readonly updated_at: string | null;
}

const COLUMNS = [
  'id',
  'status',
  'source_id',
  'email_key',
  'name_key',
  'city_key',
  'created_at',
  'changed_at',
  'revision',
  'position',
  'head',
  'document',
] as const satisfies readonly (keyof CustomersTable)[];
const insert = upsert('customers', ['id'], COLUMNS);
const lower = (text: string | null): string | null => text?.toLowerCase() ?? null;

async function store(model: ReadModel, customers: readonly Known[]): Promise<void> {
  await insert(
    model.db,
    customers.map((c) => [
      c.id,
      c.status,
      c.source_id,
      lower(c.email),
      lower(c.name),
      lower(c.city),
      c.created_at,
      c.updated_at ?? c.created_at,
      0,
      '0',
      '{}',
      JSON.stringify(c.id),
    ]),
  );
  const value = customers.filter(({ status }) => status === 'active').length;
  await model.db.updateTable('counters').set({ value }).where('name', '=', ACTIVE_CUSTOMERS).execute();
}

const time = fc
  .tuple(fc.integer({ min: 0, max: 6 }).map(at), fc.constantFrom('000000', '000001', '999999'))
  .map(([ms, digits]) => `${shown(ms).slice(0, -1)}${digits}Z`);
const word = fc.constantFrom('Ada', 'ADA', 'Łódź', 'łÓDŹ', 'x%', 'x_');
const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const known: fc.Arbitrary<Omit<Known, 'id'>> = fc.record({
  status: fc.constantFrom('active', 'active', 'active', 'deleted', 'unknown'),
  source_id: orNull(fc.constantFrom('s1', 's2', 'S3', '')),
  email: orNull(word),
  name: orNull(word),
  city: orNull(word),
  created_at: time,
  updated_at: orNull(time),
});
const customers = fc
  .array(known, { maxLength: 25 })
  .map((list) => list.map((one, i) => ({ ...one, id: `cust_${String((i * 7) % 25).padStart(2, '0')}` })));
/** Rarely given, because several filters at once match no customer. */
const maybe = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
const period = maybe(fc.record({ before: maybe(time), after: maybe(time) }));
const order: fc.Arbitrary<NonNullable<CustomerFilter['order']>> = fc.constantFrom(
  'created_at',
  '-created_at',
  'updated_at',
  '-updated_at',
  'source_id',
  '-source_id',
);
const filter = fc.record<Required<Omit<CustomerFilter, 'among'>>>({
  limit: fc.option(fc.integer({ min: 1, max: 7 }), { nil: undefined }),
  page: maybe(fc.integer({ min: 1, max: 4 })),
  email: maybe(word),
  name: maybe(word),
  city: maybe(word),
  created_at: period,
  updated_at: period,
  order: fc.option(order, { nil: undefined }),
  starting_after: fc.option(time, { nil: undefined, freq: 2 }),
});

const changedAt = (c: Known): string => c.updated_at ?? c.created_at;
const within = (value: string, bounds: CustomerFilter['created_at']): boolean =>
  (bounds?.before === undefined || value < bounds.before) && (bounds?.after === undefined || value > bounds.after);
const same = (value: string | null, wanted: string | undefined): boolean =>
  wanted === undefined || lower(value) === wanted.toLowerCase();

function naive(all: readonly Known[], f: CustomerFilter) {
  const matching = all.filter(
    (c) =>
      c.status === 'active' &&
      same(c.email, f.email) &&
      same(c.name, f.name) &&
      same(c.city, f.city) &&
      within(c.created_at, f.created_at) &&
      within(changedAt(c), f.updated_at),
  );
  const name = (f.order ?? '-created_at').replace('-', '');
  const sign = (f.order ?? '-').startsWith('-') ? -1 : 1;
  const scroll = f.starting_after;
  const column = (c: Known): string =>
    name === 'updated_at'
      ? changedAt(c)
      : name === 'created_at' || scroll !== undefined
        ? c.created_at
        : c.source_id === null
          ? ''
          : ` ${c.source_id}`;
  const sorted = [...matching].sort((a, b) => sign * (compare(column(a), column(b)) || compare(a.id, b.id)));
  const limit = f.limit ?? 10;
  if (scroll === undefined) {
    const from = ((f.page ?? 1) - 1) * limit;
    return {
      documents: sorted.slice(from, from + limit).map(({ id }) => id),
      total: matching.length,
      has_more: sorted.length > from + limit,
    };
  }
  const beyond = sorted.filter((c) => sign * compare(shown(column(c)), shown(scroll)) > 0);
  const last = beyond[limit - 1];
  const page = beyond.filter((c, i) => i < limit || (last !== undefined && shown(column(c)) === shown(column(last))));
  return { documents: page.map(({ id }) => id), total: matching.length, has_more: beyond.length > page.length };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The contract of customer lists (section 2.2). */
export function customerListContract(open: () => Promise<ReadModel>): void {
  let model: ReadModel;
  beforeEach(async () => {
    model = await open();
  });
  afterEach(() => model.close());

  test('every filter, order, page and cursor gives the result of a naive evaluation', async () => {
    await fc.assert(
      fc.asyncProperty(customers, fc.array(filter, { minLength: 1, maxLength: 12 }), async (all, filters) => {
        await model.db.deleteFrom('customers').execute();
        await store(model, all);
        for (const one of filters) expect(await asked(model, one)).toEqual(naive(all, one));
      }),
      { numRuns: runs(20, 60) },
    );
  });

  test.each(['-created_at', 'created_at'] as const)(
    'scrolling by %s visits each of many customers of few instants once',
    async (direction) => {
      const all = Array.from({ length: 500 }, (_, i) => customerAt(i, at(i % 7)));
      await store(model, all);
      const seen = await scroll(model, direction, new Map(all.map((c) => [c.id, c.created_at])));
      expect([...seen].sort()).toEqual(all.map(({ id }) => id).sort());
    },
  );

  test('a page as wide as allowed is returned whole, a wider one throws ScrollTooWide', async () => {
    await store(
      model,
      Array.from({ length: TIES_MAX }, (_, i) => customerAt(i, at(0))),
    );
    expect((await model.customers({ starting_after: at(1) })).documents).toHaveLength(TIES_MAX);
    await insert(model.db, [[`cust_more`, 'active', null, null, null, null, at(0), at(0), 0, '0', '{}', '{}']]);
    await expect(model.customers({ starting_after: at(1) })).rejects.toThrow(ScrollTooWide);
  });
}

/** Queries customers, whose documents are ids here. */
async function asked(model: ReadModel, one: CustomerFilter) {
  const page = await model.customers(one);
  return { ...page, documents: page.documents.map((text) => JSON.parse(text) as string) };
}

const customerAt = (i: number, created_at: string): Known => ({
  id: `cust_${String(i).padStart(6, '0')}`,
  status: 'active',
  source_id: `s${i}`,
  email: null,
  name: null,
  city: null,
  created_at,
  updated_at: null,
});

/** Scrolls like the official client: from the outermost time, then from the last one seen, to the end. */
async function scroll(
  model: ReadModel,
  direction: '-created_at' | 'created_at',
  times: ReadonlyMap<string, string>,
): Promise<string[]> {
  const seen: string[] = [];
  let starting_after = direction === 'created_at' ? '1970-01-01T00:00:00.000Z' : '2200-01-01T00:00:00.000Z';
  for (let more = true; more;) {
    const page = await asked(model, { starting_after, order: direction });
    seen.push(...page.documents);
    for (const id of page.documents) {
      const created = times.get(id) ?? '';
      if (direction === 'created_at' ? created > starting_after : created < starting_after) starting_after = created;
    }
    more = page.has_more && page.documents.length > 0;
  }
  return seen;
}
