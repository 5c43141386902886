import type { Dialect } from 'kysely';

/** What a database brings besides its SQL dialect. */
export interface Storage {
  readonly dialect: Dialect;
  /**
   * Makes what was deleted unreadable in the files too; takes time in proportion to their size. False: a reader was in
   * the way, ask again later.
   */
  purge(): Promise<boolean>;
}
