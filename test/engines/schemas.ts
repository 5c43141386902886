import { randomBytes } from 'node:crypto';
import { afterAll } from '@jest/globals';
import pg from 'pg';

/** Names for schemas that are dropped after the suite. */
export function schemas(url: string): () => string {
  const made: string[] = [];
  afterAll(async () => {
    for (const schema of made) await query(url, `drop schema if exists ${schema} cascade`);
  });
  return () => {
    const schema = `rows_${randomBytes(6).toString('hex')}`;
    made.push(schema);
    return schema;
  };
}

/** One statement on a connection of its own. */
export async function query<Row extends pg.QueryResultRow>(url: string, text: string, values: unknown[] = []) {
  const client = new pg.Client({ connectionString: url, query_timeout: 20_000 });
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}

export function withParameter(url: string, name: string, value: string): string {
  return `${url}${url.includes('?') ? '&' : '?'}${name}=${encodeURIComponent(value)}`;
}
