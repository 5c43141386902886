import { expressionBuilder, type RawBuilder, type SelectQueryBuilder, sql } from 'kysely';
import type { Sql } from '#segment';
import type { Head } from '#customer';
import { headOf } from '../heads.js';
import type { Tables } from '../schema.js';
import {
  type Conditions,
  conditionsOf,
  count,
  inOneView,
  inPeriod,
  millisecondOf,
  type Page,
  pageOf,
  type Period,
  scrolled,
} from './page.js';
import { type Db, lookUp, single } from '../statements.js';

/** An active customer with its document. */
export interface CustomerRow {
  readonly id: string;
  readonly revision: number;
  /** The contract's customer object as JSON text, without `assets`. */
  readonly document: string;
}

/** A set of customers: the members of a segment, a list of ids, or those whose row meets a condition. */
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
// unique by reservation in the event store, except that a parked customer may still show one with a new owner
const bySourceId = single<CustomerRow>((db) =>
  found(db).where('source_id', '=', '').orderBy('created_at', 'desc').compile(),
);

/** The active customer with this id, else with this source id. */
export async function findCustomer(db: Db, ref: string): Promise<CustomerRow | undefined> {
  return (await byId(db, [ref]))[0] ?? (await bySourceId(db, [ref]))[0];
}

/** The head of the active customer with this id, else with this source id. */
export async function findHead(db: Db, ref: string): Promise<{ id: string; head: Head } | undefined> {
  const id = (await findCustomer(db, ref))?.id;
  if (id === undefined) return undefined;
  const row = await db.selectFrom('customers').select('head').where('id', '=', id).where(isListed).executeTakeFirst();
  return row && { id, head: headOf(row.head) };
}

const active = lookUp('customers', ['id'], ['id', 'status']);

/** The ids of active customers among these. */
export async function findActive(db: Db, ids: readonly string[]): Promise<Set<string>> {
  const rows = await active(
    db,
    ids.map((id) => [id]),
  );
  return new Set(rows.flatMap(({ id, status }) => (status === 'active' ? [id] : [])));
}

/** Throws ScrollTooWide. */
export function listCustomers(db: Db, filter: CustomerFilter): Promise<CustomerPage> {
  return inOneView(db, async (tx) => {
    const total = await totalOf(tx, filter);
    const { starting_after, limit = LIMIT } = filter;
    const { rows, has_more } =
      starting_after === undefined
        ? await numberedPage(tx, filter, limit)
        : await scrolled(scrollOf(tx, filter), starting_after, limit);
    return { documents: rows.flatMap(({ document }) => document ?? []), has_more, total };
  });
}

async function numberedPage(db: Db, filter: CustomerFilter, limit: number): Promise<Page<Shown>> {
  const { page = 1, order = '-created_at' } = filter;
  const { column, direction } = sortOf(order);
  const rows = await shown(matching(db, filter), column, direction)
    .limit(limit + 1)
    .offset((page - 1) * limit)
    .execute();
  return pageOf(rows, limit);
}

function scrollOf(db: Db, filter: CustomerFilter) {
  const { column: sorted, direction } = sortOf(filter.order ?? '-created_at');
  const column = sorted === 'changed_at' ? sorted : 'created_at';
  const those = (query: Listed<unknown>, limit: number): Promise<Shown[]> =>
    shown(query, column, direction).limit(limit).execute();
  const all = matching(db, filter);
  return {
    what: 'customers',
    timeOf: (row: Shown) => row[column],
    beyond: (at: string, limit: number) => those(past(all, column, direction, at), limit),
    tied: (at: string, limit: number) => {
      const { from, to } = millisecondOf(at);
      return those(all.where(column, '>=', from).where(column, '<=', to), limit);
    },
  };
}

function past(all: Listed<unknown>, column: Column, direction: Direction, at: string): Listed<unknown> {
  const { from, to } = millisecondOf(at);
  return direction === 'asc' ? all.where(column, '>', to) : all.where(column, '<', from);
}

async function totalOf(db: Db, filter: CustomerFilter): Promise<number> {
  if (conditions(filter).length === 0) {
    const counter = db.selectFrom('counters').select('value').where('name', '=', ACTIVE_CUSTOMERS);
    return Number((await counter.executeTakeFirst())?.value ?? 0);
  }
  return count(matching(db, filter));
}

const CONDITIONS: Conditions<'customers', Omit<CustomerFilter, 'limit' | 'page' | 'order' | 'starting_after'>> = {
  email: (row, email) => [row('email_key', '=', searchKey(email))],
  city: (row, city) => [row('city_key', '=', searchKey(city))],
  name: (row, name) => [row('name_key', '=', searchKey(name))],
  created_at: (row, period) => inPeriod(period, (sign, at) => row('created_at', sign, at)),
  updated_at: (row, period) => inPeriod(period, (sign, at) => row('changed_at', sign, at)),
  among: (_, among) => [isAmong(among)],
};

const conditions = (filter: CustomerFilter) =>
  conditionsOf(CONDITIONS, filter, expressionBuilder<Tables, 'customers'>());

const matching = (db: Db, filter: CustomerFilter): Listed<unknown> =>
  db.selectFrom('customers').where((row) => row.and([isListed, ...conditions(filter)]));

function isAmong(among: Among): RawBuilder<boolean> {
  if ('condition' in among) {
    const { texts, values } = among.condition;
    const parts = texts.flatMap((text, at) => (at === 0 ? [sql.raw(text)] : [sql`${values[at - 1]}`, sql.raw(text)]));
    return sql<boolean>`(${sql.join(parts, sql.raw(' '))})`;
  }
  // one parameter per id, which works in both dialects
  if ('ids' in among) return among.ids.length === 0 ? sql`1 = 0` : sql`id in (${sql.join(among.ids)})`;
  return sql`id in (select customer_id from entities where kind = 'segment' and entity_id = ${among.segment_id}
    and cast(data as text) like '%true%')`;
}

/** The text that filters compare, in lower case, because the databases' own `lower` covers ASCII only. */
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
