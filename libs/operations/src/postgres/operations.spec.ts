import { describe, expect, test } from '@jest/globals';
import { engineSuite } from '../../../../test/engines/engine.js';
import { query, schemas, withParameter } from '../../../../test/engines/schemas.js';
import { queueMigrationContract } from '../migrations/queue.contract.js';
import { operationsContract } from '../operations.contract.js';
import { Operations } from '../operations.js';
import { takingOverContract } from '../taking-over.contract.js';

engineSuite('operations in PostgreSQL', 'TEST_DATABASE_URL', (url) => {
  const newSchema = schemas(url);

  operationsContract(() => Operations.open({ url, schema: newSchema(), connections_max: 4 }));

  describe('the records of version 0.1.0 in the read model', () =>
    takingOverContract(() => ({ url, schema: newSchema(), connections_max: 4 })));

  describe('records of the former form', () =>
    queueMigrationContract(() => ({ url, schema: newSchema(), connections_max: 4 })));

  test('instances that start at once make the schema and its tables once', async () => {
    const schema = newSchema();
    const all = await Promise.all(Array.from({ length: 4 }, () => Operations.open({ url, schema })));
    for (const one of all) expect(await one.webhooks.list()).toEqual([]);
    for (const one of all) await one.close();
  });

  test('the tables are in their schema, whichever one the URL names', async () => {
    const [schema, other] = [newSchema(), newSchema()];
    await (await Operations.open({ url: withParameter(url, 'options', `-c search_path=${other}`), schema })).close();
    const tables = await query<{ schemaname: string }>(
      url,
      `select schemaname from pg_tables where tablename = 'jobs' and schemaname = any($1)`,
      [[schema, other]],
    );
    expect(tables).toEqual([{ schemaname: schema }]);
  });
});
