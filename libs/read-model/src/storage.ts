import type { Dialect, RawBuilder } from 'kysely';

/** What a database brings besides its SQL dialect. */
export interface Storage {
  readonly dialect: Dialect;
  /** Its clock, in ms since 1970. */
  readonly now_ms: RawBuilder<number>;
  /**
   * Makes what was deleted unreadable in the files too; takes time in proportion to their size. False: a reader was in
   * the way, ask again later.
   */
  purge(): Promise<boolean>;
}
