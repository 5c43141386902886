import type { Expression, ExpressionBuilder, SelectQueryBuilder, SqlBool } from 'kysely';
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

/** `Given` without fields that `Filter` lacks: the compiler lets them pass in a variable, and the list would ignore them. */
export type Only<Filter, Given extends Filter> = Given & {
  readonly [Name in Exclude<keyof Given, keyof Filter>]: never;
};

type Condition = Expression<SqlBool>;

/** The conditions of each filter of a list on its rows; a filter without them does not compile. */
export type Conditions<Table extends keyof Tables, Filter> = {
  readonly [Name in keyof Filter]-?: (
    row: ExpressionBuilder<Tables, Table>,
    value: NonNullable<Filter[Name]>,
  ) => readonly Condition[];
};

/** The conditions of the given filters. */
export const conditionsOf = <Table extends keyof Tables, Filter>(
  conditions: Conditions<Table, Filter>,
  filter: Filter,
  row: ExpressionBuilder<Tables, Table>,
): Condition[] =>
  (Object.keys(conditions) as (keyof Filter)[]).flatMap((name) => {
    const value = filter[name];
    return value == null ? [] : conditions[name](row, value);
  });

/** A period of time; both bounds are instants and excluded. */
export interface Period {
  readonly before?: string | undefined;
  readonly after?: string | undefined;
}

/** The conditions of a period on a column of time. */
export const inPeriod = (
  { before, after }: Period,
  is: (sign: '<' | '>', at: string) => Condition,
): readonly Condition[] => [
  ...(before === undefined ? [] : [is('<', before)]),
  ...(after === undefined ? [] : [is('>', after)]),
];

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
