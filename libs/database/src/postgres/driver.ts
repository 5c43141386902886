import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type QueryResult,
  type TransactionSettings,
} from 'kysely';
import type { PoolClient } from 'pg';
import { type ConnectionPool, losesConnection } from '#event-store';

/** Kysely's driver on our pool, because Kysely's own has no deadlines and reuses connections whose state is unknown. */
export class PostgresDriver implements Driver {
  constructor(private readonly pool: ConnectionPool) {}

  init(): Promise<void> {
    return Promise.resolve();
  }

  async acquireConnection(): Promise<PostgresConnection> {
    return new PostgresConnection(await this.pool.acquire());
  }

  async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    const { isolationLevel, accessMode } = settings;
    const level = isolationLevel === undefined ? '' : ` isolation level ${isolationLevel}`;
    await connection.executeQuery(
      CompiledQuery.raw(`begin${level}${accessMode === undefined ? '' : ` ${accessMode}`}`),
    );
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'));
  }

  /** Never throws, so as not to hide the first error: a failure discards the connection, and the server rolls back. */
  async rollbackTransaction(connection: PostgresConnection): Promise<void> {
    if (connection.isLost) return;
    await connection.executeQuery(CompiledQuery.raw('rollback')).catch(() => connection.lose());
  }

  releaseConnection(connection: PostgresConnection): Promise<void> {
    connection.release();
    return Promise.resolve();
  }

  destroy(): Promise<void> {
    return this.pool.close();
  }
}

export class PostgresConnection implements DatabaseConnection {
  private lost = false;

  constructor(private readonly client: PoolClient) {}

  /** True when the connection's state is unknown, so that the pool discards it. */
  get isLost(): boolean {
    return this.lost;
  }

  lose(): void {
    this.lost = true;
  }

  /** Throws the error of PostgreSQL. */
  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      const { command, rowCount, rows } = await this.client.query(sql, parameters.map(bindable));
      if (!CHANGES.has(command)) return { rows: rows as Row[] };
      return { rows: rows as Row[], numAffectedRows: BigInt(rowCount ?? 0) };
    } catch (error) {
      if (losesConnection(error)) this.lose();
      throw error;
    }
  }

  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('rows are not streamed from PostgreSQL');
  }

  release(): void {
    this.client.release(this.lost);
  }
}

const CHANGES = new Set(['INSERT', 'UPDATE', 'DELETE']);

/** PostgreSQL texts hold no NUL; stored texts have none either, so a search for one finds nothing. */
const bindable = (value: unknown): unknown =>
  typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value;
