import type { SelectQueryBuilder } from 'kysely';
import { type Instant, shown } from '#customer';
import type { Tables } from '../schema.js';
import type { Db } from '../statements.js';

/** What is on a page, and whether something follows. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly has_more: boolean;
}

/** More of them share one instant than a page may hold, so no cursor can pass between them. */
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

/** Several reads of one state of the tables. */
export const inOneView = <T>(db: Db, read: (tx: Db) => Promise<T>): Promise<T> =>
  db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(read);

/** A condition for what a filter says; none for what it does not say. */
export const given = <V, T>(value: V | undefined, condition: (value: V) => T): T[] =>
  value === undefined ? [] : [condition(value)];

export async function count<T extends keyof Tables>(query: SelectQueryBuilder<Tables, T, unknown>): Promise<number> {
  const { found } = await query.select((row) => row.fn.countAll<number>().as('found')).executeTakeFirstOrThrow();
  return Number(found);
}

/** Of rows that were read with one more than the page has, if there is one. */
export const pageOf = <Row>(rows: readonly Row[], limit: number): Page<Row> => ({
  rows: rows.slice(0, limit),
  has_more: rows.length > limit,
});

/** Times are shown in milliseconds, so a cursor means all of one. */
export const millisecondOf = (at: Instant): { readonly from: Instant; readonly to: Instant } => ({
  from: `${at.slice(0, 23)}000000Z`,
  to: `${at.slice(0, 23)}999999Z`,
});

/** Sorted by their times. */
interface Sorted<Row> {
  /** In errors. */
  readonly what: string;
  timeOf(row: Row): Instant | null;
  /** Those past the millisecond of an instant, and those within it; so many at the most. */
  beyond(at: string, limit: number): Promise<Row[]>;
  tied(at: string, limit: number): Promise<Row[]>;
}

/** A cursor names a millisecond, so a page takes in all that share its last one. Throws ScrollTooWide. */
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
