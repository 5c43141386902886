import type { ExpressionBuilder } from 'kysely';
import type { Tables } from '../schema.js';
import { findDocument } from './customer.js';
import type { Db } from './statements.js';

/** Contract 2.6. Both dates are instants and belong to the period. */
export interface ActivityFilter {
  readonly limit?: number | undefined;
  readonly order?: 'created_at' | '-created_at' | undefined;
  readonly starting_after_id?: string | undefined;
  readonly start_date?: string | undefined;
  readonly end_date?: string | undefined;
  readonly campaign_id?: string | undefined;
  readonly campaign_type?: string | undefined;
  readonly category?: 'ACTION' | 'EFFECT' | undefined;
  readonly type?: string | undefined;
}

/** Contract 4.1. */
export interface ActivityEntry {
  readonly id: string;
  readonly type: string;
  readonly created_at: string;
  readonly group_id: string;
  readonly data: { readonly data: object; readonly event_source: object };
}

export interface ActivityPage {
  readonly object: 'list';
  readonly data_ref: 'data';
  readonly data: readonly ActivityEntry[];
  readonly has_more: boolean;
  /** Present only when there is more. */
  readonly more_starting_after?: string;
}

/** `starting_after_id` names no entry of this customer. */
export class UnknownCursor extends Error {
  constructor(readonly cursor: string) {
    super(`starting_after_id names no activity of this customer`);
  }
}

/** What is kept of an entry's `data`; `customer` is added when it is read, unless it was kept as of then. */
export interface ActivityData {
  readonly data: object;
  readonly event_source: object;
}

const LIMIT = 10;

/** Newest first unless asked otherwise; unknown customers have none. Throws UnknownCursor. */
export function listActivity(db: Db, customerId: string, filter: ActivityFilter): Promise<ActivityPage> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (tx) => {
      const { limit = LIMIT, order = '-created_at' } = filter;
      const direction = order === 'created_at' ? 'asc' : 'desc';
      const rows = await (
        await matching(tx, customerId, filter, direction)
      )
        .select(['id', 'customer_id', 'type', 'created_at', 'group_id', 'data'])
        .orderBy('created_at', direction)
        .orderBy('ordinal', direction)
        .limit(limit + 1)
        .execute();
      return pageOf(tx, rows, limit);
    });
}

/** Of one row more than the page has, if there is one. */
export async function pageOf(db: Db, rows: readonly Row[], limit: number): Promise<ActivityPage> {
  const data = await entries(db, rows.slice(0, limit));
  const last = data.at(-1);
  if (rows.length <= limit || last === undefined) return { object: 'list', data_ref: 'data', data, has_more: false };
  return { object: 'list', data_ref: 'data', data, has_more: true, more_starting_after: last.id };
}

async function matching(db: Db, customerId: string, filter: ActivityFilter, direction: 'asc' | 'desc') {
  const { starting_after_id, start_date, end_date, campaign_id, campaign_type, category, type } = filter;
  const query = db
    .selectFrom('activities')
    .where((row: ExpressionBuilder<Tables, 'activities'>) =>
      row.and([
        row('customer_id', '=', customerId),
        ...given(start_date, (at) => row('created_at', '>=', at)),
        ...given(end_date, (at) => row('created_at', '<=', at)),
        ...given(campaign_id, (id) => row('campaign_id', '=', id)),
        ...given(campaign_type, (name) => row('campaign_type', '=', name)),
        ...given(category, (name) => row('category', '=', name)),
        ...given(type, (name) => row('type', '=', name)),
      ]),
    );
  if (starting_after_id === undefined) return query;
  const { created_at, ordinal } = await cursor(db, customerId, starting_after_id);
  const past = direction === 'asc' ? '>' : '<';
  // the first condition is what the index is entered by
  return query
    .where('created_at', `${past}=`, created_at)
    .where((row) => row.or([row('created_at', '!=', created_at), row('ordinal', past, ordinal)]));
}

const given = <T>(value: string | undefined, condition: (value: string) => T): T[] =>
  value === undefined ? [] : [condition(value)];

async function cursor(db: Db, customerId: string, id: string): Promise<{ created_at: string; ordinal: number }> {
  const found = await db
    .selectFrom('activities')
    .select(['created_at', 'ordinal'])
    .where('id', '=', id)
    .where('customer_id', '=', customerId)
    .executeTakeFirst();
  if (!found) throw new UnknownCursor(id);
  return found;
}

type Row = Pick<Tables['activities'], 'id' | 'customer_id' | 'type' | 'created_at' | 'group_id' | 'data'>;

async function entries(db: Db, rows: readonly Row[]): Promise<ActivityEntry[]> {
  const customers = new Map<string, SimpleCustomer>();
  for (const { customer_id } of rows) {
    if (customers.has(customer_id)) continue;
    const document = await findDocument(db, customer_id);
    customers.set(customer_id, simpleCustomer(customer_id, JSON.parse(document ?? '{}') as object));
  }
  return rows.map(({ data: text, customer_id, ...entry }) => {
    const { data, event_source } = JSON.parse(text) as ActivityData;
    return { ...entry, data: { data: { customer: customers.get(customer_id), ...data }, event_source } };
  });
}

/** The contract's SimpleCustomer: what is not set is null here, not absent. */
export interface SimpleCustomer {
  readonly id: string;
  readonly name: unknown;
  readonly email: unknown;
  readonly source_id: unknown;
  readonly metadata: unknown;
  readonly object: 'customer';
}

/** Out of a customer's document, as far as there is one. */
export function simpleCustomer(id: string, document: object | undefined): SimpleCustomer {
  const { name = null, email = null, source_id = null, metadata = {} } = { ...document } as Record<string, unknown>;
  return { id, name, email, source_id, metadata, object: 'customer' };
}
