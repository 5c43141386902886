import type { ColumnDataType, Dialect, Kysely, RawBuilder } from 'kysely';
import type { PoolOptions } from '#event-store';

export interface SqliteOptions {
  /** Path of the database, or `:memory:`. */
  readonly file: string;
}

/** A file that this process keeps, or a database that instances share. */
export type DatabaseOptions = (SqliteOptions | PoolOptions) & {
  /** For queries only: the tables must be there already. */
  readonly readonly?: boolean;
};

/** What is kept in a database. */
export interface Contents {
  /** The tables in which rows about customers are deleted or changed. */
  readonly personal: readonly string[];
  /** Whether a tail that a power cut takes is made again from elsewhere. */
  readonly isRebuildable: boolean;
}

/** What databases call differently; everything else is SQL that all of them read alike. */
export interface Words {
  /** Text that sorts by code point. */
  readonly text: ColumnDataType | RawBuilder<unknown>;
  /** A column for JSON text. */
  readonly json: ColumnDataType | RawBuilder<unknown>;
  /** A column of an index, where absent values come before all others. */
  readonly absentFirst: (column: string) => RawBuilder<unknown>;
  /** The text that stands somewhere in a column of JSON. */
  readonly within: (column: string, path: readonly string[]) => RawBuilder<string>;
}

/** What a database brings besides its SQL dialect. */
export interface Storage {
  readonly name: 'sqlite' | 'postgres';
  readonly dialect: Dialect;
  /** Its clock, in ms since 1970. */
  readonly now_ms: RawBuilder<number>;
  readonly words: Words;
  /** Where the tables are, if not where the user's are by default. */
  readonly schema?: string;
  /** Connections of their own for migrations, where these take longer than other statements may. */
  readonly migrating?: () => Dialect;
  /** Absent where writers wait at the door and readers never do. */
  readonly locks?: {
    /** For a transaction: the longest it waits for a lock. */
    readonly within: (ms: number) => RawBuilder<unknown>;
    /** Whether a transaction failed because others had what it wanted. */
    readonly isMissed: (error: unknown) => boolean;
  };
  /** Takes all rows of a table away. */
  readonly empty: (table: string) => RawBuilder<unknown>;
  /** Deletes some rows of a table. There where dropping a table takes the longer, the more is in it. */
  readonly thinOut?: (table: string) => RawBuilder<unknown>;
  /**
   * Names the tables of another database to statements of this one while the work goes on, by a schema. Does nothing when
   * there is no such database.
   */
  readonly beside: <T>(db: Kysely<T>, other: DatabaseOptions, work: (schema: string) => Promise<void>) => Promise<void>;
  /** Whether a transaction is atomic over the tables of `beside` as well. */
  readonly isAtomicBeside: boolean;
  /** The tables of a schema. */
  readonly tablesIn: (schema: string) => RawBuilder<{ readonly name: string }>;
  /**
   * Makes what was deleted unreadable in the files too, as far as the database can; takes time in proportion to their
   * size. False: a reader was in the way, ask again later.
   */
  purge(): Promise<boolean>;
}
