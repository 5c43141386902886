import { CompiledQuery, type DatabaseConnection, type Driver, type QueryResult } from 'kysely';
import Libsql from 'libsql';

/** Statements differ by list filters and chunk sizes only, so this is never reached in practice. */
const STATEMENTS_MAX = 500;
const BUSY_TIMEOUT_MS = 5_000;
const CACHE_KIB = 64 * 1024;
/** The log is folded into the file when it is this long, in pages of 4 KiB. */
const LOG_PAGES_MAX = 8_000;

export interface SqliteOptions {
  /** Path of the database, or `:memory:`. */
  readonly file: string;
  readonly readonly?: boolean;
}

/** One libsql connection for Kysely; whoever holds it has it alone. */
export class LibsqlDriver implements Driver {
  private readonly connection: LibsqlConnection;
  private last: Promise<void> = Promise.resolve();
  private release = (): void => undefined;

  constructor(private readonly options: SqliteOptions) {
    this.connection = new LibsqlConnection(options);
  }

  init(): Promise<void> {
    return Promise.resolve();
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.last;
    let release = (): void => undefined;
    this.last = new Promise((resolve) => (release = resolve));
    await before;
    this.release = release;
    return this.connection;
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(this.options.readonly ? 'begin' : 'begin immediate'));
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

  /** True once the log is folded into the database file and cut to nothing. */
  async truncateLog(): Promise<boolean> {
    await this.acquireConnection();
    try {
      return this.connection.pragma('wal_checkpoint(truncate)')['busy'] !== 1;
    } finally {
      await this.releaseConnection();
    }
  }
}

class LibsqlConnection implements DatabaseConnection {
  private readonly db: Libsql.Database;
  private readonly statements = new Map<string, Libsql.Statement>();

  constructor({ file, readonly }: SqliteOptions) {
    this.db = new Libsql(file, { timeout: BUSY_TIMEOUT_MS });
    if (readonly) {
      this.pragma('query_only = on');
      return;
    }
    this.pragma('journal_mode = wal');
    // a lost tail is projected again: rows and checkpoint are lost together
    this.pragma('synchronous = normal');
    this.pragma('secure_delete = on');
    this.pragma(`cache_size = -${CACHE_KIB}`);
    this.pragma(`wal_autocheckpoint = ${LOG_PAGES_MAX}`);
  }

  executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      return Promise.resolve(this.execute<Row>(sql, parameters));
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  // eslint-disable-next-line require-yield
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('streaming is not supported');
  }

  pragma(source: string): Record<string, unknown> {
    return (this.db.prepare(`pragma ${source}`).all()[0] ?? {}) as Record<string, unknown>;
  }

  close(): void {
    this.statements.clear();
    this.db.close();
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

/** The driver ends the process on a boolean. */
const isBindable = (value: unknown): boolean => typeof value !== 'boolean' && value !== undefined;

function bindable(value: unknown): unknown {
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value === undefined ? null : value;
}
