import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type QueryResult,
  type TransactionSettings,
} from 'kysely';
import Libsql from 'libsql';
import { Limiter, retry } from '#flow';
import type { SqliteOptions } from '../storage.js';

/** Statements differ by list filters and chunk sizes only, so this is never reached in practice. */
const STATEMENTS_MAX = 500;
const OPEN_MS_MAX = 5_000;
const BUSY_MS_MAX = 30_000;
const CACHE_KIB = 64 * 1024;
/** The write-ahead log is checkpointed at this length, in pages of 4 KiB. */
const LOG_PAGES_MAX = 8_000;

/** `isRebuildable`: commits lost in a power cut can be rebuilt from another source. */
export interface LibsqlOptions extends SqliteOptions {
  readonly readonly?: boolean;
  readonly isRebuildable: boolean;
}

/** One libsql connection for Kysely, with exclusive access. */
export class LibsqlDriver implements Driver {
  private readonly connection: LibsqlConnection;
  private readonly limiter = new Limiter(1);
  private release = (): void => undefined;

  constructor(options: LibsqlOptions) {
    this.connection = new LibsqlConnection(options);
  }

  init(): Promise<void> {
    return Promise.resolve();
  }

  async acquireConnection(): Promise<LibsqlConnection> {
    this.release = await this.limiter.acquire();
    return this.connection;
  }

  /** Readers never wait; a writer waits before its transaction begins, so that it cannot fail in the middle. */
  async beginTransaction(connection: DatabaseConnection, { accessMode }: TransactionSettings): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(accessMode === 'read only' ? 'begin' : 'begin immediate'));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'));
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('rollback'));
  }

  releaseConnection(): Promise<void> {
    this.release();
    return Promise.resolve();
  }

  destroy(): Promise<void> {
    this.connection.close();
    return Promise.resolve();
  }

  /** Runs alone on the connection, outside any transaction. */
  async alone<T>(work: (connection: LibsqlConnection) => Promise<T>): Promise<T> {
    const connection = await this.acquireConnection();
    try {
      return await work(connection);
    } finally {
      await this.releaseConnection();
    }
  }
}

export class LibsqlConnection implements DatabaseConnection {
  private readonly db: Libsql.Database;
  private readonly statements = new Map<string, Libsql.Statement>();

  constructor({ file, readonly, isRebuildable }: LibsqlOptions) {
    this.db = new Libsql(file, { timeout: OPEN_MS_MAX });
    if (readonly) this.pragma('query_only = on');
    else this.prepareForWriting(isRebuildable);
    // from here on we wait ourselves, because SQLite's own wait blocks the thread
    this.pragma('busy_timeout = 0');
  }

  /** Waits while another connection writes. Throws what SQLite throws, SQLITE_BUSY after half a minute. */
  executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const attempt = async (): Promise<QueryResult<Row>> => this.execute<Row>(sql, parameters);
    return retry(attempt, WHILE_BUSY);
  }

  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('rows are not streamed from SQLite');
  }

  pragma(source: string): Record<string, unknown> {
    return (this.db.prepare(`pragma ${source}`).all()[0] ?? {}) as Record<string, unknown>;
  }

  close(): void {
    this.statements.clear();
    this.db.close();
  }

  private prepareForWriting(isRebuildable: boolean): void {
    this.pragma('journal_mode = wal');
    // `normal`: a power cut may lose the last transactions, each as a whole
    this.pragma(`synchronous = ${isRebuildable ? 'normal' : 'full'}`);
    this.pragma('secure_delete = on');
    this.pragma(`cache_size = -${CACHE_KIB}`);
    this.pragma(`wal_autocheckpoint = ${LOG_PAGES_MAX}`);
  }

  private execute<Row>(sql: string, parameters: readonly unknown[]): QueryResult<Row> {
    const statement = this.prepare(sql);
    const values = parameters.every(isBindable) ? parameters : parameters.map(bindable);
    if (statement.reader) return { rows: statement.all(values) as Row[] };
    return { rows: [], numAffectedRows: BigInt(statement.run(values).changes) };
  }

  private prepare(sql: string): Libsql.Statement {
    const known = this.statements.get(sql);
    if (known) return known;
    const oldest = this.statements.keys().next();
    if (this.statements.size >= STATEMENTS_MAX && !oldest.done) this.statements.delete(oldest.value);
    const statement = this.db.prepare(sql);
    this.statements.set(sql, statement);
    return statement;
  }
}

const isBusy = (error: unknown): boolean =>
  String((error as { code?: unknown } | null)?.code).startsWith('SQLITE_BUSY');

const WHILE_BUSY = { first_ms: 5, last_ms: 5, ms_max: BUSY_MS_MAX, isPassing: isBusy };

/** The driver ends the process on a boolean. */
const isBindable = (value: unknown): boolean => typeof value !== 'boolean' && value !== undefined;

function bindable(value: unknown): unknown {
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value === undefined ? null : value;
}
