import type { SelectQueryBuilder } from 'kysely';
import { type Instant, shown } from '#customer';
import type { Tables } from '../schema.js';
import type { Db } from '../statements.js';

/** The rows of a page; `has_more` is true when more follow. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly has_more: boolean;
}

/** More rows share one instant than a page may hold, so no cursor can pass between them. */
export class ScrollTooWide extends Error {
  constructor(
    what: string,
    readonly at: string,
  ) {
    super(
      `more than ${TIES_MAX} ${what} share the time ${at}: starting_after cannot pass it, use page or another order`,
    );
  }
}

export const TIES_MAX = 10_000;

/** Runs several reads on one snapshot of the tables. */
export const inOneView = <T>(db: Db, read: (tx: Db) => Promise<T>): Promise<T> =>
  db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(read);

/** A condition for a given filter value; none for an absent one. */
export const given = <V, T>(value: V | undefined, condition: (value: V) => T): T[] =>
  value === undefined ? [] : [condition(value)];

export async function count<T extends keyof Tables>(query: SelectQueryBuilder<Tables, T, unknown>): Promise<number> {
  const { found } = await query.select((row) => row.fn.countAll<number>().as('found')).executeTakeFirstOrThrow();
  return Number(found);
}

/** Makes a page of rows that were read with a limit of one more. */
export const pageOf = <Row>(rows: readonly Row[], limit: number): Page<Row> => ({
  rows: rows.slice(0, limit),
  has_more: rows.length > limit,
});

/** The range of an instant's millisecond, because cursors are shown in milliseconds. */
export const millisecondOf = (at: Instant): { readonly from: Instant; readonly to: Instant } => ({
  from: `${at.slice(0, 23)}000000Z`,
  to: `${at.slice(0, 23)}999999Z`,
});

/** Queries on rows sorted by time. */
interface Sorted<Row> {
  /** The noun in error messages. */
  readonly what: string;
  timeOf(row: Row): Instant | null;
  /** Rows past the millisecond of an instant; `tied` gives those within it. */
  beyond(at: string, limit: number): Promise<Row[]>;
  tied(at: string, limit: number): Promise<Row[]>;
}

/** A cursor names a millisecond, so a page includes all rows that share its last one. Throws ScrollTooWide. */
export async function scrolled<Row>(sorted: Sorted<Row>, starting_after: string, limit: number): Promise<Page<Row>> {
  const rows = await sorted.beyond(starting_after, limit + 1);
  const page = pageOf(rows, limit);
  const timeOf = (row: Row | undefined): string | null => {
    const at = row === undefined ? null : sorted.timeOf(row);
    return at === null ? null : shown(at);
  };
  const [last, next] = [limit - 1, limit].map((at) => timeOf(rows[at]));
  if (last == null || next !== last) return page;
  const ties = await sorted.tied(last, TIES_MAX + 1);
  if (ties.length > TIES_MAX) throw new ScrollTooWide(sorted.what, last);
  const more = await sorted.beyond(last, 1);
  return { rows: [...page.rows.filter((row) => timeOf(row) !== last), ...ties], has_more: more.length > 0 };
}
