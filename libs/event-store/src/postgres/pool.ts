import pg from 'pg';
import { inTime } from '#flow';

export interface PoolOptions {
  /** `postgres://user:password@host:port/database`; TLS by its `sslmode`. Parameters of the URL override these options. */
  readonly url: string;
  readonly connections_max?: number;
  /** The longest time for a statement, waiting for locks included. */
  readonly statement_timeout_ms?: number;
  /** The longest wait for a connection, new or pooled. */
  readonly connect_timeout_ms?: number;
  /** The schema of the tables, the user's default otherwise: lower-case letters, digits, underscores. Must exist. */
  readonly schema?: string;
}

/** Every connection stayed in use for the whole wait. */
export class ConnectionsBusy extends Error {
  constructor(connections: number, waited_ms: number) {
    super(`all ${connections} connections to PostgreSQL were in use for ${waited_ms} ms`);
  }
}

const CONNECTIONS_MAX = 10;
const STATEMENT_TIMEOUT_MS = 15_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** Longer than any pause between two statements; then the server frees the locks, also those of a frozen process. */
const IDLE_IN_TRANSACTION_MS = 6_000;
/** This long after the server's own time-out the connection counts as lost. */
const GRACE_MS = 3_000;
const SCHEMA = /^[a-z_][a-z0-9_]{0,62}$/;
/** Messages of pg and its pool, which have no codes. */
const WAITED_OUT = 'timeout exceeded when trying to connect';
const NO_ANSWER = 'Query read timeout';

const INT8 = pg.types.builtins.INT8;
const JSON_TYPES: readonly number[] = [pg.types.builtins.JSON, pg.types.builtins.JSONB];

/** Rows as SQLite returns them: whole numbers as numbers, objects as JSON text. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => {
    if (oid === INT8) return safeInteger;
    if (JSON_TYPES.includes(oid)) return (text: string) => text;
    return pg.types.getTypeParser(oid, format) as (text: string) => unknown;
  },
};

/** Connections to one database. Every statement has a deadline, on the server and here. */
export class ConnectionPool {
  readonly #pool: pg.Pool;
  readonly #connections_max: number;
  readonly #connect_timeout_ms: number;

  constructor(options: PoolOptions) {
    const { url, connections_max = CONNECTIONS_MAX, schema } = options;
    const { statement_timeout_ms = STATEMENT_TIMEOUT_MS, connect_timeout_ms = CONNECT_TIMEOUT_MS } = options;
    if (schema !== undefined && !SCHEMA.test(schema)) throw new RangeError(`no name of a schema: ${schema}`);
    this.#connections_max = connections_max;
    this.#connect_timeout_ms = connect_timeout_ms;
    this.#pool = new pg.Pool({
      connectionString: schema === undefined ? url : within(url, schema),
      max: connections_max,
      connectionTimeoutMillis: connect_timeout_ms,
      statement_timeout: statement_timeout_ms,
      query_timeout: statement_timeout_ms + GRACE_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
      keepAlive: true,
      application_name: 'customer-ledger',
      types,
    });
    // the pool replaces an idle connection that dies; one in use fails its statement
    this.#pool.on('error', () => undefined);
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /** The caller gives it back with `release`. Throws ConnectionsBusy, or the server's error. */
  async acquire(): Promise<pg.PoolClient> {
    try {
      return await this.#pool.connect();
    } catch (error) {
      const isBusy = error instanceof Error && error.message === WAITED_OUT;
      throw isBusy ? new ConnectionsBusy(this.#connections_max, this.#connect_timeout_ms) : error;
    }
  }

  /** Works on one connection. */
  async use<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.acquire();
    try {
      const result = await work(client);
      client.release();
      return result;
    } catch (error) {
      // it may be in the middle of a transaction
      client.release(true);
      throw error;
    }
  }

  /** Works on one connection with slow statements, outside of any transaction. */
  usePatiently<T>(timeout_ms: number, work: (run: Patient) => Promise<T>): Promise<T> {
    return this.use(async (client) => {
      let told: string[] = [];
      const listen = ({ detail }: { readonly detail?: string | undefined }): void => void told.push(detail ?? '');
      client.on('notice', listen);
      await client.query(`set statement_timeout = ${Math.trunc(timeout_ms)}`);
      const result = await work(async (text) => {
        told = [];
        await client.query({ text, query_timeout: timeout_ms + GRACE_MS } as pg.QueryConfig);
        return told;
      });
      await client.query('reset statement_timeout');
      client.off('notice', listen);
      return result;
    });
  }

  /** Waits for running work, for a bounded time. */
  async close(): Promise<void> {
    await inTime(this.#connect_timeout_ms, this.#pool.end());
  }
}

/** The last one named counts, and what a URL names goes before what is set beside it. */
function within(url: string, schema: string): string {
  const all = new URL(url);
  const named = all.searchParams.get('options');
  all.searchParams.set('options', `${named === null ? '' : `${named} `}-c search_path=${schema}`);
  return all.href;
}

/** Runs a statement without parameters; returns the details of the server's notices. */
export type Patient = (text: string) => Promise<readonly string[]>;

/** True when the state of the connection is unknown after this failure, so that it must not be reused. */
export const losesConnection = (error: unknown): boolean => error instanceof Error && error.message === NO_ANSWER;

/** SQLSTATE classes and codes of a server that is away, starting, stopping or full, and of a statement time-out. */
const AWAY = /^(08|53|57P0|57014|25P03|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOST|ENETUNREACH)/;
const AWAY_MESSAGES = ['Connection terminated', WAITED_OUT, NO_ANSWER];

/** True when the database cannot answer at the moment, false when the statement is wrong. */
export function isDatabaseAway(error: unknown): boolean {
  if (error instanceof ConnectionsBusy) return true;
  if (!(error instanceof Error)) return false;
  const { code } = error as { readonly code?: unknown };
  if (typeof code === 'string' && AWAY.test(code)) return true;
  return AWAY_MESSAGES.some((message) => error.message.startsWith(message));
}

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is too large for a number`);
  return value;
}
