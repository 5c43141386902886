import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { type KyselyPlugin, sql } from 'kysely';
import pg from 'pg';
import { createCustomer, record } from '#customer';
import { ConnectionsBusy } from '#event-store';
import { engineSuite } from '../../../../test/engines/engine.js';
import { isPostgresInstalled, startPostgres } from '../../../../test/engines/postgres.js';
import { at } from '../histories.double.js';
import { Log } from '../log.double.js';
import { Projector } from '../projecting/projector.js';
import { clear, rows } from '../tables.double.js';
import { ReadModel } from '../read-model.js';
import { query, schemas, withParameter } from '../../../../test/engines/schemas.js';

engineSuite('trouble with PostgreSQL', 'TEST_DATABASE_URL', (url) => {
  const newSchema = schemas(url);

  test('connections that die in the middle of transactions cost a retry each, and no row', async () => {
    const log = shop(40);
    const application = `dying_${randomBytes(6).toString('hex')}`;
    const named = withParameter(url, 'application_name', application);
    const model = await ReadModel.open({ url: named, schema: newSchema() });
    const expected = await atOnce(model, log);
    let answers = 0;
    let kills = 0;
    const plugin: KyselyPlugin = {
      transformQuery: ({ node }) => node,
      transformResult: async ({ result }) => {
        if (++answers % 23 !== 0 || kills >= 8) return result;
        kills += await terminateWriters(url, application);
        return result;
      },
    };
    const dying = Object.create(model, { db: { value: model.db.withPlugin(plugin) } }) as ReadModel;
    const failures = await caughtUp(dying, log, { batch_size_max: 5 });
    expect(kills).toBeGreaterThan(2);
    expect(failures.length).toBeGreaterThan(0);
    expect(await rows(model)).toEqual(expected);
    await model.close();
  });

  test('a read model opens while another session drops tables, in its schema or in others', async () => {
    const [schema, other] = [newSchema(), newSchema()];
    await (await ReadModel.open({ url, schema })).close();
    await query(url, `create schema ${other}`);
    let opening = true;
    const churn = [schema, other].map(async (place) => {
      const client = new pg.Client({ connectionString: url, query_timeout: 20_000 });
      await client.connect();
      const tables = Array.from({ length: 40 }, (_, i) => `${place}.passing_${i}`);
      while (opening) {
        await client.query(tables.map((name) => `create table ${name} (a int, b int)`).join(';'));
        for (const name of tables) await client.query(`drop table ${name}`);
      }
      await client.end();
    });
    try {
      for (let i = 0; i < 30; i++) await (await ReadModel.open({ url, schema })).close();
    } finally {
      opening = false;
      await Promise.all(churn);
    }
  });

  test('a statement that takes too long is cancelled, and the connection serves the next one', async () => {
    const model = await ReadModel.open({ url, schema: newSchema(), statement_timeout_ms: 200, connections_max: 1 });
    await expect(sql`select pg_sleep(20)`.execute(model.db)).rejects.toThrow('statement timeout');
    expect((await model.customers({})).total).toBe(0);
    await model.close();
  });

  test('when all connections are in use, waiting for one ends with a clear error', async () => {
    const options = { url, schema: newSchema(), connections_max: 1, connect_timeout_ms: 200 };
    const model = await ReadModel.open(options);
    await model.db.transaction().execute(async () => {
      const late = model.customer('cust_1');
      await expect(late).rejects.toThrow(ConnectionsBusy);
      await expect(late).rejects.toThrow('all 1 connections to PostgreSQL were in use for 200 ms');
    });
    expect(await model.customer('cust_1')).toBeUndefined();
    await model.close();
  });

  test('a server that stops answering fails its statements, and works again once it answers', async () => {
    const proxy = await Proxy.before(url);
    const options = { schema: newSchema(), statement_timeout_ms: 100, connect_timeout_ms: 500 };
    await (await ReadModel.open({ ...options, url })).close();
    const model = await ReadModel.open({ ...options, url: proxy.url, readonly: true });
    expect(await model.customer('cust_1')).toBeUndefined();
    proxy.isSilent = true;
    await expect(model.customer('cust_1')).rejects.toThrow('timeout');
    await expect(model.customer('cust_1')).rejects.toThrow('timeout');
    proxy.isSilent = false;
    expect(await model.customer('cust_1')).toBeUndefined();
    await model.close();
    await proxy.close();
  });

  const withOwnServer = isPostgresInstalled() ? test : test.skip; // house-rules: allowed where it is not installed
  withOwnServer(
    'a server that crashes and one that is restarted are waited for',
    async () => {
      const server = await startPostgres();
      if (!server) throw new Error('PostgreSQL is not installed');
      try {
        const log = shop(200);
        const model = await ReadModel.open({ url: server.url, connect_timeout_ms: 1_000 });
        const expected = await atOnce(model, log);
        await clear(model);
        let batches = 0;
        const meanwhile: Promise<void>[] = [];
        const failures = await caughtUp(model, log, {
          batch_size_max: 10,
          onBatch: () => {
            if (++batches === 5) meanwhile.push(server.kill().then(() => server.restart()));
            if (batches === 20) meanwhile.push(server.restart());
          },
        });
        await Promise.all(meanwhile);
        expect(failures.length).toBeGreaterThan(0);
        expect(await rows(model)).toEqual(expected);
        await model.close();
      } finally {
        await server.stop();
      }
    },
    60_000,
  );
});

function shop(customers: number): Log {
  const log = new Log();
  for (let i = 0; i < customers; i++) {
    const id = `cust_${i}`;
    log.decide(id, createCustomer, { source_id: `s${i}`, name: `Name ${i}` }, at(i));
    log.decide(id, record.order, { id: `o${i}`, status: 'PAID', amount: 5, customer: { source_id: `s${i}` } }, at(i));
  }
  return log;
}

/** The rows of a log that is projected undisturbed; clears the tables afterwards. */
async function atOnce(model: ReadModel, log: Log): Promise<Record<string, string[]>> {
  await new Projector(model, log, log).step(log.batch());
  const expected = await rows(model);
  await clear(model);
  return expected;
}

/** Follows the log to its end; returns the errors on the way. */
async function caughtUp(
  model: ReadModel,
  log: Log,
  { batch_size_max, onBatch }: { batch_size_max: number; onBatch?: () => void },
): Promise<unknown[]> {
  const failures: unknown[] = [];
  const stop = AbortSignal.timeout(50_000);
  const done = new AbortController();
  const projector = new Projector(model, log, log, {
    batch_size_max,
    onError: (error) => failures.push(error),
    onBatch: ({ caught_up }) => {
      onBatch?.();
      if (caught_up) done.abort();
    },
  });
  await projector.run(AbortSignal.any([stop, done.signal]));
  return failures;
}

/** Terminates the connections of an application that are writing; returns their number. */
async function terminateWriters(url: string, application: string): Promise<number> {
  const ended = await query<{ ended: boolean }>(
    url,
    `select pg_terminate_backend(pid) as ended from pg_stat_activity
      where application_name = $1 and state = 'idle in transaction' and backend_xid is not null`,
    [application],
  );
  return ended.length;
}

/** A proxy that can drop all data. */
class Proxy {
  isSilent = false;
  private readonly sockets = new Set<Socket>();

  private constructor(
    readonly url: string,
    private readonly server: Server,
  ) {}

  static async before(url: string): Promise<Proxy> {
    const { hostname, port } = new URL(url);
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address() as { port: number };
    const here = new URL(url);
    here.hostname = '127.0.0.1';
    here.port = String(address.port);
    const proxy = new Proxy(here.href, server);
    server.on('connection', (client) => proxy.connect(client, connect(Number(port || 5432), hostname)));
    return proxy;
  }

  private connect(client: Socket, to: Socket): void {
    for (const [from, other] of [
      [client, to],
      [to, client],
    ] as const) {
      this.sockets.add(from);
      from.on('data', (chunk: Buffer) => void (this.isSilent || other.write(chunk)));
      from.on('close', () => other.destroy());
      from.on('error', () => undefined);
    }
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await sleep(0);
  }
}
