import { expect, test } from '@jest/globals';
import type { KyselyPlugin, RootOperationNode } from 'kysely';
import { engineSuite } from '../../../../test/engines/engine.js';
import { scheduleEvaluations } from '../segments/evaluations.js';
import type { CustomerFilter } from '../queries/customer.js';
import { readModelContract } from '../read-model.contract.js';
import { ReadModel } from '../read-model.js';
import { query, schemas, withParameter } from '../../../../test/engines/schemas.js';

engineSuite('read model in PostgreSQL', 'TEST_DATABASE_URL', (url) => {
  const newSchema = schemas(url);

  readModelContract(() => ReadModel.open({ url, schema: newSchema(), connections_max: 4 }));

  test('instances that start together on an empty database create the tables once', async () => {
    const schema = newSchema();
    const models = await Promise.all(Array.from({ length: 4 }, () => ReadModel.open({ url, schema })));
    for (const model of models) expect((await model.customers({})).total).toBe(0);
    for (const model of models) await model.close();
    const again = await ReadModel.open({ url, schema, readonly: true });
    expect(await again.parked()).toEqual([]);
    await again.close();
  });

  test('large integers are returned exactly, or not at all', async () => {
    const model = await ReadModel.open({ url, schema: newSchema() });
    const set = (value: unknown) =>
      model.db
        .updateTable('counters')
        .set({ value: value as number })
        .where('name', '=', 'customers_active')
        .execute();
    await set(Number.MAX_SAFE_INTEGER);
    expect((await model.customers({})).total).toBe(Number.MAX_SAFE_INTEGER);
    await set('9007199254740993');
    await expect(model.customers({})).rejects.toThrow('9007199254740993 is too large');
    await model.close();
  });

  test('a text that PostgreSQL cannot hold finds no customer', async () => {
    const model = await ReadModel.open({ url, schema: newSchema() });
    expect(await model.customer('a\0b')).toBeUndefined();
    await model.close();
  });

  test('requesting and completing evaluations do not deadlock', async () => {
    const model = await ReadModel.open({ url, schema: newSchema(), connections_max: 4 });
    const ids = Array.from({ length: 200 }, (_, n) => `cust_${n}`);
    const asked = (order: readonly string[]) => order.map((customer_id) => ({ customer_id, due_at: '' }));
    const rounds = async (work: () => Promise<unknown>): Promise<void> => {
      for (let round = 0; round < 30; round++) await work();
    };
    await Promise.all([
      rounds(() => model.db.transaction().execute((tx) => scheduleEvaluations(tx, asked(ids)))),
      rounds(async () => {
        const due = await model.segmentWork.due('~', ids.length);
        await model.segmentWork.complete(due.reverse().map((look) => ({ ...look, next_at: '' })));
      }),
    ]);
    await model.close();
  });

  test('purging does not wait for readers', async () => {
    const model = await ReadModel.open({ url, schema: newSchema() });
    await model.db.transaction().execute(async (tx) => {
      await tx.selectFrom('customers').select('id').execute();
      expect(await model.purge()).toBe(true);
    });
    await model.close();
  });

  test.each<CustomerFilter>([
    {},
    { order: 'created_at' },
    { order: '-updated_at' },
    { order: 'updated_at' },
    { order: '-source_id' },
    { order: 'source_id' },
    { email: 'a@x.org' },
    { name: 'ada', order: 'created_at' },
    { city: 'rome', starting_after: '2026-01-01T00:00:00.000Z' },
    { starting_after: '2026-01-01T00:00:00.000Z', order: 'updated_at' },
  ])('a page of %j is read from its index, without sorting', async (filter) => {
    const schema = newSchema();
    const model = await ReadModel.open({ url, schema });
    const nodes: RootOperationNode[] = [];
    const plugin: KyselyPlugin = {
      transformQuery: ({ node }) => (nodes.push(node), node),
      transformResult: ({ result }) => Promise.resolve(result),
    };
    const spied = Object.create(model, { db: { value: model.db.withPlugin(plugin) } }) as ReadModel;
    await spied.customers({ limit: 10, ...filter });
    const page = nodes.at(-1) as RootOperationNode;
    const { sql, parameters } = model.db.getExecutor().compileQuery(page, { queryId: 'plan' });
    // the planner sorts an empty table instead of using the index
    const options = `-c search_path=${schema} -c enable_sort=off -c enable_seqscan=off -c enable_bitmapscan=off`;
    const planned = withParameter(url, 'options', options);
    const plan = await query<{ 'QUERY PLAN': string }>(planned, `explain ${sql}`, [...parameters]);
    const text = plan.map((row) => row['QUERY PLAN']).join('\n');
    expect(text).toMatch(/Index Scan (Backward )?using customers_by_/);
    expect(text).not.toContain('Sort');
    await model.close();
  });
});
