import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type QueryResult,
  type TransactionSettings,
} from 'kysely';
import type { PoolClient } from 'pg';
import { type ConnectionPool, losesConnection } from '#event-store';

/** Kysely on a pool. What Kysely brings knows neither deadlines nor connections whose state is unknown. */
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

  /** Never hides why it is asked for: a connection on which it fails is thrown away, and the server rolls back. */
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

  /** Its state is unknown: it is not used again. */
  get isLost(): boolean {
    return this.lost;
  }

  lose(): void {
    this.lost = true;
  }

  /** Throws what PostgreSQL says. */
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

/** PostgreSQL has no NUL in texts; nothing that is kept has one, so whoever asks for it finds nothing. */
const bindable = (value: unknown): unknown =>
  typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value;
