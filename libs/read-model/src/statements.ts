import { CompiledQuery, type RawBuilder, sql } from 'kysely';
import { generationOf } from './generation.js';
import type { Db, Tables } from './schema.js';

export type { Db };

/** The numbers of rows of one statement, the largest first; the rest goes into smaller ones. */
const SIZES = [64, 16, 4, 1];

type Values = readonly (readonly unknown[])[];
type Statement<Row> = (db: Db, rows: Values) => Promise<Row[]>;

/**
 * A statement over any number of rows, compiled once per size, because Kysely takes longer to build a query's text than
 * the database to run it. `compile` gets the number of rows and binds their values in order.
 */
export function perRow<Row>(compile: (db: Db, count: number) => CompiledQuery<unknown>): Statement<Row> {
  const dialects = new WeakMap<object, Map<string, string>>();
  const textOf = (db: Db, count: number): string => {
    const texts = remembered(dialects, db.getExecutor().adapter.constructor);
    const key = `${generationOf(db)} ${count}`;
    const text = texts.get(key) ?? compile(db, count).sql;
    texts.set(key, text);
    return text;
  };
  return async (db, rows) => {
    const found: Row[] = [];
    let from = 0;
    for (const size of SIZES) {
      for (; rows.length - from >= size; from += size) {
        const part = await db.executeQuery<Row>(CompiledQuery.raw(textOf(db, size), valuesOf(rows, from, size)));
        for (const row of part.rows) found.push(row);
      }
    }
    return found;
  };
}

/** The compiled texts of a dialect, because dialects write parameters differently. */
function remembered(dialects: WeakMap<object, Map<string, string>>, dialect: object): Map<string, string> {
  const texts = dialects.get(dialect) ?? new Map<string, string>();
  dialects.set(dialect, texts);
  return texts;
}

function valuesOf(rows: Values, from: number, size: number): unknown[] {
  const values: unknown[] = [];
  for (let i = from; i < from + size; i++) for (const value of rows[i] ?? []) values.push(value);
  return values;
}

/** The same for a statement with one row of values. */
export function single<Row>(
  compile: (db: Db) => CompiledQuery<unknown>,
): (db: Db, values: readonly unknown[]) => Promise<Row[]> {
  const run = perRow<Row>(compile);
  return (db, values) => run(db, [values]);
}

type Column<T extends keyof Tables> = keyof Tables[T] & string;

/**
 * Writes rows, with values in the order of `columns`. An existing row with the same key gets only the values of
 * `changing`, because a database rewrites every index over a column that is set, even to the same value.
 */
export function upsert<T extends keyof Tables>(
  table: T,
  key: readonly Column<T>[],
  columns: readonly Column<T>[],
  changing: readonly Column<T>[] = columns.filter((column) => !key.includes(column)),
) {
  const updates = changing.map((column) => sql`${sql.ref(column)} = ${sql.ref(`excluded.${column}`)}`);
  return perRow<never>((db, count) =>
    sql`insert into ${sql.table(table)} (${names(columns)}) values ${tuples(count, columns.length)}
      on conflict (${names(key)}) do update set ${sql.join(updates)}`.compile(db),
  );
}

/** Inserts new rows. */
export function insert<T extends keyof Tables>(table: T, columns: readonly Column<T>[]) {
  return perRow<never>((db, count) =>
    sql`insert into ${sql.table(table)} (${names(columns)}) values ${tuples(count, columns.length)}`.compile(db),
  );
}

/** The rows under the given keys. */
export function lookUp<T extends keyof Tables, C extends Column<T>>(
  table: T,
  key: readonly Column<T>[],
  columns: readonly C[],
) {
  const matches = key.map((column) => sql`${sql.ref(`wanted.${column}`)} = ${sql.ref(`${table}.${column}`)}`);
  const selected = columns.map((column) => sql.ref(`${table}.${column}`));
  return perRow<Pick<Tables[T], C>>((db, count) =>
    sql`with wanted (${names(key)}) as (values ${tuples(count, key.length)})
      select ${sql.join(selected)} from wanted cross join ${sql.table(table)} where ${sql.join(matches, sql` and `)}`.compile(
      db,
    ),
  );
}

/** Deletes the rows under the given values of one column. */
export function remove<T extends keyof Tables>(table: T, column: Column<T>) {
  return perRow<never>((db, count) =>
    sql`delete from ${sql.table(table)} where ${sql.ref(column)} in (${sql.join(Array.from({ length: count }, () => sql`${''}`))})`.compile(
      db,
    ),
  );
}

const names = (columns: readonly string[]): RawBuilder<unknown> => sql.join(columns.map((column) => sql.ref(column)));

function tuples(count: number, width: number): RawBuilder<unknown> {
  const tuple = sql`(${sql.join(Array.from({ length: width }, () => ''))})`;
  return sql.join(Array.from({ length: count }, () => tuple));
}
