import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** A database of its own on a server. */
export async function scratchDatabase(server: string): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const name = `ledger_${randomBytes(6).toString('hex')}`;
  await run(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => run(server, `drop database ${name} with (force)`) };
}

async function run(server: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
