import type { ColumnDataType, Dialect, Kysely, RawBuilder } from 'kysely';
import type { PoolOptions } from '#event-store';

export interface SqliteOptions {
  /** Path of the database, or `:memory:`. */
  readonly file: string;
}

/** A file that this process keeps, or a database that instances share. */
export type DatabaseOptions = (SqliteOptions | PoolOptions) & {
  /** For queries only: the tables must exist already. */
  readonly readonly?: boolean;
};

/** Properties of the stored data that decide how to purge and sync it. */
export interface Contents {
  /** The tables whose rows about customers are deleted or changed. */
  readonly personal: readonly string[];
  /** True when commits lost in a power cut can be rebuilt from another source. */
  readonly isRebuildable: boolean;
}

/** The SQL that differs between databases. */
export interface Words {
  /** Text that sorts by code point. */
  readonly text: ColumnDataType | RawBuilder<unknown>;
  /** A column for JSON text. */
  readonly json: ColumnDataType | RawBuilder<unknown>;
  /** A column of an index, where absent values come before all others. */
  readonly absentFirst: (column: string) => RawBuilder<unknown>;
  /** The text at a path inside a JSON column. */
  readonly within: (column: string, path: readonly string[]) => RawBuilder<string>;
}

/** A database: its SQL dialect, and the operations that differ between databases. */
export interface Storage {
  readonly name: 'sqlite' | 'postgres';
  readonly dialect: Dialect;
  /** Its clock, in ms since 1970. */
  readonly now_ms: RawBuilder<number>;
  readonly words: Words;
  /** The schema of the tables; undefined for the user's default schema. */
  readonly schema?: string;
  /** Connections of their own for migrations, where these take longer than other statements may. */
  readonly migrating?: () => Dialect;
  /** Absent on SQLite, where a writer waits before its transaction begins and readers never wait. */
  readonly locks?: {
    /** Limits the time that a transaction waits for a lock. */
    readonly within: (ms: number) => RawBuilder<unknown>;
    /** True when a transaction failed because others held its locks. */
    readonly isMissed: (error: unknown) => boolean;
  };
  /** Deletes all rows of a table. */
  readonly empty: (table: string) => RawBuilder<unknown>;
  /** Deletes some rows of a table. Only for databases that take longer to drop a fuller table. */
  readonly thinOut?: (table: string) => RawBuilder<unknown>;
  /**
   * Makes the tables of another database available to statements of this one under a schema name while the work runs.
   * Does nothing when there is no such database.
   */
  readonly beside: <T>(db: Kysely<T>, other: DatabaseOptions, work: (schema: string) => Promise<void>) => Promise<void>;
  /** True when a transaction is also atomic over the tables of `beside`. */
  readonly isAtomicBeside: boolean;
  /** The tables of a schema. */
  readonly tablesIn: (schema: string) => RawBuilder<{ readonly name: string }>;
  /**
   * Makes deleted rows unreadable in the files too, as far as the database can; takes time in proportion to their size.
   * False: a reader blocked it, try again later.
   */
  purge(): Promise<boolean>;
}
