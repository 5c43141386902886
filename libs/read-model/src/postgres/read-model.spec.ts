import { randomBytes } from 'node:crypto';
import { afterAll } from '@jest/globals';
import pg from 'pg';
import { engineSuite } from '../../../../test/engines/engine.js';
import { readModelContract } from '../read-model.contract.js';
import { ReadModel } from '../read-model.js';

engineSuite('read model in PostgreSQL', 'TEST_DATABASE_URL', (url) => {
  const made: string[] = [];
  afterAll(async () => {
    const client = new pg.Client(url);
    await client.connect();
    for (const schema of made) await client.query(`drop schema ${schema} cascade`);
    await client.end();
  });

  readModelContract(() => {
    const schema = `rows_${randomBytes(6).toString('hex')}`;
    made.push(schema);
    return ReadModel.open({ url, schema, connections_max: 4 });
  });
});
