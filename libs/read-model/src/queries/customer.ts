import { type ExpressionBuilder, type RawBuilder, type SelectQueryBuilder, sql } from 'kysely';
import type { Sql } from '#segment';
import type { Head } from '#customer';
import type { Tables } from '../schema.js';
import { type Db, lookUp, single } from './statements.js';

/** An active customer as it is shown. */
export interface CustomerRow {
  readonly id: string;
  readonly revision: number;
  /** The contract's customer object as JSON text, without `assets`. */
  readonly document: string;
}

interface Period {
  readonly before?: string | undefined;
  readonly after?: string | undefined;
}

/** Who is recorded to be in a segment, who is listed, or for whom a condition on the row of a customer holds. */
export type Among = { readonly segment_id: string } | { readonly ids: readonly string[] } | { readonly condition: Sql };

/** Contract 2.2. Text matches whole and ignoring case; times are instants, and both bounds exclude them. */
export interface CustomerFilter {
  readonly limit?: number | undefined;
  readonly page?: number | undefined;
  readonly email?: string | undefined;
  readonly city?: string | undefined;
  readonly name?: string | undefined;
  readonly created_at?: Period | undefined;
  /** A customer that was never updated counts as updated when it was created. */
  readonly updated_at?: Period | undefined;
  readonly order?: 'created_at' | '-created_at' | 'updated_at' | '-updated_at' | 'source_id' | '-source_id' | undefined;
  /** Exclusive cursor on `created_at`, or on `updated_at` in that order; `page` is ignored beside it. */
  readonly starting_after?: string | undefined;
  readonly among?: Among | undefined;
}

export interface CustomerPage {
  readonly documents: readonly string[];
  /** Customers that match the filter, whatever the page or cursor. */
  readonly total: number;
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
export const ACTIVE_CUSTOMERS = 'customers_active';
const LIMIT = 10;

type Order = NonNullable<CustomerFilter['order']>;
type Direction = 'asc' | 'desc';
type Column = 'created_at' | 'changed_at' | 'source_id';
type Shown = Pick<Tables['customers'], 'document' | 'created_at' | 'changed_at'>;
type Listed<Row> = SelectQueryBuilder<Tables, 'customers', Row>;

// spelled out, not bound: the indexes of the list hold for exactly this condition
const isListed = sql<boolean>`status = 'active'`;

const found = (db: Db) => db.selectFrom('customers').select(['id', 'revision', 'document']).where(isListed);
const byId = single<CustomerRow>((db) => found(db).where('id', '=', '').compile());
// unique by reservation in the event store; a customer that is parked may still show one that has a new owner
const bySourceId = single<CustomerRow>((db) =>
  found(db).where('source_id', '=', '').orderBy('created_at', 'desc').compile(),
);

/** The active customer with this id, else with this source id. */
export async function findCustomer(db: Db, ref: string): Promise<CustomerRow | undefined> {
  return (await byId(db, [ref]))[0] ?? (await bySourceId(db, [ref]))[0];
}

/** The same customer's sums, and what is few per customer. */
export async function findHead(db: Db, ref: string): Promise<{ id: string; head: Head } | undefined> {
  const id = (await findCustomer(db, ref))?.id;
  if (id === undefined) return undefined;
  const row = await db.selectFrom('customers').select('head').where('id', '=', id).where(isListed).executeTakeFirst();
  return row && { id, head: JSON.parse(row.head) as Head };
}

export async function findDocument(db: Db, id: string): Promise<string | undefined> {
  return (await byId(db, [id]))[0]?.document;
}

const active = lookUp('customers', ['id'], ['id', 'status']);

/** Those of these ids that are active customers. */
export async function findActive(db: Db, ids: readonly string[]): Promise<Set<string>> {
  const rows = await active(db, ids.map((id) => [id])); // prettier-ignore
  return new Set(rows.flatMap(({ id, status }) => (status === 'active' ? [id] : [])));
}

/** Throws ScrollTooWide. */
export function listCustomers(db: Db, filter: CustomerFilter): Promise<CustomerPage> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (tx) => {
      const total = await count(tx, filter);
      const page =
        filter.starting_after === undefined ? await numberedPage(tx, filter) : await scrolledPage(tx, filter);
      return { ...page, total };
    });
}

type Page = Omit<CustomerPage, 'total'>;

async function numberedPage(db: Db, filter: CustomerFilter): Promise<Page> {
  const { limit = LIMIT, page = 1, order = '-created_at' } = filter;
  const { column, direction } = sortOf(order);
  const rows = await shown(matching(db, filter), column, direction)
    .limit(limit + 1)
    .offset((page - 1) * limit)
    .execute();
  return { documents: documentsOf(rows.slice(0, limit)), has_more: rows.length > limit };
}

/** A cursor names an instant, so a page takes in everyone who shares its last one. */
async function scrolledPage(db: Db, filter: CustomerFilter): Promise<Page> {
  const { limit = LIMIT, order = '-created_at', starting_after = '' } = filter;
  const scroll = scrollOf(order);
  const rows = await beyond(db, filter, scroll, starting_after)
    .limit(limit + 1)
    .execute();
  const [last, next] = [rows[limit - 1]?.[scroll.column], rows[limit]?.[scroll.column]];
  const page = rows.slice(0, limit);
  if (last == null || next !== last) return { documents: documentsOf(page), has_more: rows.length > limit };
  const earlier = page.filter((row) => row[scroll.column] !== last);
  const ties = await tied(db, filter, scroll, last);
  const more = await beyond(db, filter, scroll, last).limit(1).execute();
  return { documents: documentsOf([...earlier, ...ties]), has_more: more.length > 0 };
}

interface Scroll {
  readonly column: 'created_at' | 'changed_at';
  readonly direction: Direction;
}

function scrollOf(order: Order): Scroll {
  const { column, direction } = sortOf(order);
  return { column: column === 'changed_at' ? column : 'created_at', direction };
}

function beyond(db: Db, filter: CustomerFilter, { column, direction }: Scroll, at: string): Listed<Shown> {
  return shown(matching(db, filter).where(column, direction === 'asc' ? '>' : '<', at), column, direction);
}

async function tied(db: Db, filter: CustomerFilter, { column, direction }: Scroll, at: string): Promise<Shown[]> {
  const ties = await shown(matching(db, filter).where(column, '=', at), column, direction)
    .limit(TIES_MAX + 1)
    .execute();
  if (ties.length > TIES_MAX) throw new ScrollTooWide('customers', at);
  return ties;
}

async function count(db: Db, filter: CustomerFilter): Promise<number> {
  if (isUnfiltered(filter)) {
    const counter = db.selectFrom('counters').select('value').where('name', '=', ACTIVE_CUSTOMERS);
    return Number((await counter.executeTakeFirst())?.value ?? 0);
  }
  const { found } = await matching(db, filter)
    .select((row) => row.fn.countAll<number>().as('found'))
    .executeTakeFirstOrThrow();
  return Number(found);
}

function isUnfiltered({ email, city, name, created_at, updated_at, among }: CustomerFilter): boolean {
  const bounds = [created_at?.before, created_at?.after, updated_at?.before, updated_at?.after];
  return [email, city, name, among, ...bounds].every((value) => value === undefined);
}

function matching(db: Db, filter: CustomerFilter): Listed<unknown> {
  const { email, city, name, created_at, updated_at, among } = filter;
  return db
    .selectFrom('customers')
    .where((row: ExpressionBuilder<Tables, 'customers'>) =>
      row.and([
        isListed,
        ...given(email, (value) => row('email_key', '=', searchKey(value))),
        ...given(city, (value) => row('city_key', '=', searchKey(value))),
        ...given(name, (value) => row('name_key', '=', searchKey(value))),
        ...given(created_at?.before, (at) => row('created_at', '<', at)),
        ...given(created_at?.after, (at) => row('created_at', '>', at)),
        ...given(updated_at?.before, (at) => row('changed_at', '<', at)),
        ...given(updated_at?.after, (at) => row('changed_at', '>', at)),
        ...given(among, isAmong),
      ]),
    );
}

const given = <V, T>(value: V | undefined, condition: (value: V) => T): T[] =>
  value === undefined ? [] : [condition(value)];

function isAmong(among: Among): RawBuilder<boolean> {
  if ('condition' in among) {
    const { texts, values } = among.condition;
    const parts = texts.flatMap((text, at) => (at === 0 ? [sql.raw(text)] : [sql`${values[at - 1]}`, sql.raw(text)]));
    return sql<boolean>`(${sql.join(parts, sql.raw(' '))})`;
  }
  // in both dialects, and in as many parts as a statement takes
  if ('ids' in among) return among.ids.length === 0 ? sql`1 = 0` : sql`id in (${sql.join(among.ids)})`;
  return sql`id in (select customer_id from entities where kind = 'segment' and entity_id = ${among.segment_id}
    and cast(data as text) like '%true%')`;
}

/** What a filter compares: the database's own idea of case knows ASCII only. */
export const searchKey = (text: string): string => text.toLowerCase();

function shown(query: Listed<unknown>, column: Column, direction: Direction): Listed<Shown> {
  return query
    .select(['document', 'created_at', 'changed_at'])
    .orderBy(column, (by) => (direction === 'asc' ? by.asc().nullsFirst() : by.desc().nullsLast()))
    .orderBy('id', direction);
}

function sortOf(order: Order): { column: Column; direction: Direction } {
  const name = order.replace('-', '') as 'created_at' | 'updated_at' | 'source_id';
  return { column: name === 'updated_at' ? 'changed_at' : name, direction: order.startsWith('-') ? 'desc' : 'asc' };
}

const documentsOf = (rows: readonly Shown[]): string[] => rows.flatMap(({ document }) => document ?? []);
