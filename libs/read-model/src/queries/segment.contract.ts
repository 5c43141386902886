import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compileFilter } from '#segment';
import { filters, NOW, subjects } from '../../../segment/src/filters.fixture.js';
import type { ReadModel } from '../read-model.js';

const CUSTOMERS = 150;
const RUNS = 700;

/** What SQL says of rows is what the predicate says of the same subjects. */
export function segmentContract(open: () => Promise<ReadModel>): void {
  test('a filter written as SQL finds the customers that it holds for, and no others', async () => {
    const model = await open();
    const people = fc.sample(subjects, { numRuns: CUSTOMERS, seed: 7 });
    for (const [n, { document, events }] of people.entries())
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
          head: JSON.stringify({ events: { count: 1, names: events } }),
          document: JSON.stringify({ ...document, id: `cust_${n}` }),
        })
        .execute();
    await fc.assert(
      fc.asyncProperty(filters, async (said) => {
        const filter = compileFilter(said);
        const { documents } = await model.customers({
          among: { condition: filter.toSql(NOW, model.dialect) },
          limit: CUSTOMERS,
        });
        const found = documents.map((text) => (JSON.parse(text) as { id: string }).id).sort();
        const expected = people.flatMap((subject, n) => (filter.matches(subject, NOW) ? [`cust_${n}`] : [])).sort();
        expect(found).toEqual(expected);
      }),
      { numRuns: RUNS },
    );
    await model.close();
  });
}
