import { type Kysely, type Migration, sql } from 'kysely';
import type { Words } from '#database';
import type { Tables } from '../schema.js';

/** Columns and indexes to find orders and redemptions without their customer, and to list them. */
export const orders = (words: Words): Migration => ({
  async up(untyped: Kysely<unknown>): Promise<void> {
    await dropOthers(untyped);
    await orderColumns(untyped, words);
    const db = untyped as Kysely<Tables>;
    await fill(db, 'orders', 'order_id', ({ values }: StoredOrder) => ({ source_id: values.source_id ?? null }));
    await fill(db, 'redemptions', 'redemption_id', redemptionColumns);
    for (const index of orderIndexes(untyped)) await index();
  },
});

/** The columns that this adds to the tables of a generation. */
export async function orderColumns(db: Kysely<unknown>, words: Words): Promise<void> {
  await db.schema.alterTable('orders').addColumn('source_id', words.text).execute();
  for (const column of ['order_id', 'campaign', 'voucher_id', 'voucher_code'])
    await db.schema.alterTable('redemptions').addColumn(column, words.text).execute();
}

/** The indexes that this adds to a generation, one at a time; existing ones stay. */
export function orderIndexes(db: Kysely<unknown>): (() => Promise<void>)[] {
  const index = (name: string, table: string, columns: readonly string[]) =>
    db.schema
      .createIndex(name)
      .ifNotExists()
      .on(table)
      .columns([...columns]);
  const known = (column: string) => sql<boolean>`${sql.ref(column)} is not null`;
  return [
    () => index('orders_by_created', 'orders', ['created_at', 'order_id', 'customer_id']).execute(),
    () => index('orders_by_id', 'orders', ['order_id']).execute(),
    () => index('orders_by_source', 'orders', ['source_id']).where(known('source_id')).execute(),
    () =>
      index('redemptions_by_created', 'redemptions', ['created_at', 'redemption_id', 'customer_id'])
        .where(known('created_at'))
        .execute(),
    () => index('redemptions_by_id', 'redemptions', ['redemption_id']).execute(),
    () => index('redemptions_by_order', 'redemptions', ['customer_id', 'order_id']).where(known('order_id')).execute(),
    () => index('redemptions_by_voucher', 'redemptions', ['voucher_id']).where(known('voucher_id')).execute(),
    () => index('redemptions_by_code', 'redemptions', ['voucher_code']).where(known('voucher_code')).execute(),
  ];
}

/** Drops the other generations, which have the former columns; a rebuild under way starts over. */
export async function dropOthers(db: Kysely<unknown>): Promise<void> {
  for (const generation of ['next', 'former'])
    for (const table of ['counters', 'activities', 'customers', 'orders', 'redemptions', 'entities', 'parked'])
      await db.schema.dropTable(`${generation}_${table}`).ifExists().execute();
  await sql`delete from generations where name <> 'live'`.execute(db);
  await sql`update rebuilds set state = 'waiting', events = 0, position = null where is_open = 1`.execute(db);
}

/* The format of the stored JSON when this migration was written. */

interface StoredOrder {
  readonly values: { readonly source_id?: string };
}

interface StoredRedemption {
  readonly redemption?: {
    readonly values: {
      readonly date?: string;
      readonly order?: { readonly id: string };
      readonly voucher?: { readonly id: string; readonly code?: string; readonly campaign?: string };
    };
    readonly times: { readonly result?: string };
  };
}

function redemptionColumns({ redemption }: StoredRedemption): Columns {
  if (!redemption) return { created_at: null };
  const { date = redemption.times.result, order, voucher } = redemption.values;
  const { id: voucher_id, code: voucher_code, campaign } = voucher ?? {};
  return { created_at: date, order_id: order?.id, campaign, voucher_id, voucher_code };
}

const PAGE_SIZE = 500;
type Columns = Readonly<Record<string, string | null | undefined>>;

/** Fills the new columns of existing rows, page by page along the primary key. */
async function fill<Stored>(
  db: Kysely<Tables>,
  table: 'orders' | 'redemptions',
  id: 'order_id' | 'redemption_id',
  columns: (stored: Stored) => Columns,
): Promise<void> {
  let after = { customer_id: '', id: '' };
  for (;;) {
    const { rows } = await sql<{ customer_id: string; id: string; data: string }>`
      select customer_id, ${sql.ref(id)} as id, data from ${sql.table(table)}
      where customer_id > ${after.customer_id} or (customer_id = ${after.customer_id} and ${sql.ref(id)} > ${after.id})
      order by customer_id, ${sql.ref(id)} limit ${PAGE_SIZE}`.execute(db);
    for (const row of rows) {
      const sets = Object.entries(columns(JSON.parse(row.data) as Stored)).map(
        ([name, value]) => sql`${sql.ref(name)} = ${value ?? null}`,
      );
      await sql`update ${sql.table(table)} set ${sql.join(sets)}
        where customer_id = ${row.customer_id} and ${sql.ref(id)} = ${row.id}`.execute(db);
    }
    const last = rows.at(-1);
    if (!last) return;
    after = last;
  }
}
