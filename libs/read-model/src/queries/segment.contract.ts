import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compileFilter, type Filter } from '#segment';
import { filters, nearby, NOW, subjects } from '../../../segment/src/filters.fixture.js';
import type { ReadModel } from '../read-model.js';
import { runs } from '../../../customer/src/runs.fixture.js';

const CUSTOMERS = 150;
const RUNS = runs(150, 700);

/** The contract of filters as SQL: they match the rows of the subjects for which the predicate holds. */
export function segmentContract(open: () => Promise<ReadModel>): void {
  const people = fc.sample(subjects, { numRuns: CUSTOMERS, seed: 7 });

  async function peopled(): Promise<ReadModel> {
    const model = await open();
    for (const [n, { document, events, publications }] of people.entries())
      await model.db
        .insertInto('customers')
        .values({
          id: `cust_${n}`,
          status: 'active',
          source_id: null,
          email_key: null,
          name_key: null,
          city_key: null,
          created_at: null,
          changed_at: null,
          revision: 0,
          position: '1',
          head: JSON.stringify({ events: { count: 1, names: events }, publications }),
          document: JSON.stringify({ ...document, id: `cust_${n}` }),
        })
        .execute();
    return model;
  }

  async function compare(model: ReadModel, said: Filter): Promise<number> {
    const filter = compileFilter(said);
    const { documents } = await model.customers({
      among: { condition: filter.toSql(NOW, model.dialect) },
      limit: CUSTOMERS,
    });
    const found = documents.map((text) => (JSON.parse(text) as { id: string }).id).sort();
    const expected = people.flatMap((subject, n) => (filter.matches(subject, NOW) ? [`cust_${n}`] : [])).sort();
    expect(found).toEqual(expected);
    return found.length;
  }

  test('a filter written as SQL finds the customers that it holds for, and no others', async () => {
    const model = await peopled();
    await fc.assert(
      fc.asyncProperty(filters, async (said) => void (await compare(model, said))),
      { numRuns: RUNS },
    );
    await model.close();
  });

  test('a place matches the circles that contain it', async () => {
    const model = await peopled();
    let found = 0;
    await fc.assert(
      fc.asyncProperty(nearby, async (said) => void (found += await compare(model, said))),
      { numRuns: runs(50, 200) },
    );
    expect(found).toBeGreaterThan(0);
    await model.close();
  });

  test('the database accepts a filter with the maximum number of values', async () => {
    const model = await peopled();
    const numbers = Array.from({ length: 200 }, (_, n) => String(n));
    const [$in, $contains] = [
      ['Poland', ...numbers.slice(1)],
      ['Po', ...numbers.slice(1)],
    ];
    const many = { $in, $not_in: numbers, $contains, $not_contain: numbers, $starts_with: $contains };
    const attributes = Array.from({ length: 50 }, (_, n) => [
      `metadata.${n}`,
      { conditions: { $is: ['5'], $count: ['1'] } },
    ]);
    for (const filter of [
      { junction: 'or', 'metadata.x': { conditions: { $in } }, name: { conditions: { $in } } },
      { junction: 'and', 'metadata.x': { conditions: many } },
      { junction: 'and', name: { conditions: many } },
      { junction: 'and', 'metadata.x': { conditions: { $in_location: numbers.map((km) => `1,1,${km}`) } } },
      { junction: 'or', ...Object.fromEntries(attributes) },
    ] as readonly Filter[])
      await compare(model, filter);
    await model.close();
  });
}
