import Database from 'libsql';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { loadConfig } from '../../../apps/service/src/config.js';
import { Feed } from '../../../apps/service/src/feed/feed.js';
import { createLog } from '../../../apps/service/src/ops/log.js';
import { outgoing } from '../../../apps/service/src/publisher/outgoing.js';
import * as rules from '#customer';
import type { RecordedEvent } from '#event-store';
import { Projector, ReadModel } from '#read-model';
import { startPostgres } from '../../engines/postgres.js';
import { type Scratch, withScratch } from '../scratch.js';

/** The storage for one year of one customer, in bytes unless said otherwise. */
export interface Storage {
  readonly customers: number;
  readonly events_per_customer: number;
  /** Data and metadata as JSON text. */
  readonly event_json: number;
  readonly event_sqlite: number;
  readonly rows_sqlite: number;
  readonly message_event: number;
  readonly messages_per_event: number;
  readonly message_customer: number;
  /** Undefined where PostgreSQL is not installed. */
  readonly postgres?: { readonly rows: number; readonly events_per_s: number };
}

const CUSTOMERS = 1_000;
const ORDERS = 12;
const BATCH = 500;
const context = {
  actor: { channel: 'API', key: 'shop' },
  correlation_id: 'request-0123456789',
  causation_id: 'evt-0123456789',
};

/** A year of a customer of a shop with loyalty: 12 orders in three steps, points for each, 4 redemptions, 3 changes. */
export function measureStorage(): Promise<Storage> {
  return withScratch(async (scratch) => {
    for (let from = 0; from < CUSTOMERS; from += BATCH)
      await Promise.all(Array.from({ length: BATCH }, (_, n) => aYearOf(scratch, from + n)));
    await scratch.project();
    const events = await allEvents(scratch);
    const json = events.reduce((sum, { data, metadata }) => sum + bytes(data) + bytes(metadata), 0);
    const postgres = await measurePostgres(scratch, events.length);
    return {
      customers: CUSTOMERS,
      events_per_customer: events.length / CUSTOMERS,
      event_json: json / events.length,
      event_sqlite: fileSize(scratch.directory, 'events.db') / events.length,
      rows_sqlite: fileSize(scratch.directory, 'read-model.db') / CUSTOMERS,
      ...(await messageSizes(scratch, events)),
      ...(postgres && { postgres }),
    };
  });
}

async function aYearOf(scratch: Scratch, n: number): Promise<void> {
  const source_id = `customer-${n}@example.test`;
  const customer = { source_id };
  const at = (day: number): string => new Date(Date.UTC(2026, 0, 1 + day)).toISOString();
  const id = `cust_${String(n).padStart(24, '0')}`;
  const decide = async <Input>(rule: rules.Decide<Input>, input: Input, day: number): Promise<void> => {
    const outcome = await scratch.repository.handle(
      `customer-${id}`,
      ({ state }) => rule(state, input, { at: rules.nine(at(day)) }),
      context,
    );
    if (outcome instanceof rules.Rejection) throw new Error(outcome.code);
  };
  await decide(rules.recordProfile, { ...rules.controls.profile, source_id }, 0);
  for (let order = 0; order < ORDERS; order++) {
    const day = 1 + order * 30;
    const fact = { ...rules.controls.order, id: `order-${n}-${order}`, items: ITEMS, customer };
    for (const [step, status] of (['CREATED', 'PAID', 'FULFILLED'] as const).entries())
      await decide(rules.record.order, { ...fact, status, created_at: at(day) }, day + step);
    const transaction = { id: `vtx-${n}-${order}`, reason: 'Order' };
    await decide(rules.record.points, { ...rules.controls.points, transaction, customer }, day + 3);
    if (order % 3 === 0)
      await decide(rules.record.redemption, { ...rules.controls.redemption, id: `r-${n}-${order}`, customer }, day + 4);
    if (order % 4 === 1) await decide(rules.updateCustomer, { metadata: { last: order } }, day + 5);
  }
}

const ITEMS = Array.from({ length: 2 }, (_, n) => ({
  sku_id: `sku-${n}`,
  product_id: `product-${n}`,
  quantity: 1,
  price: 1_995,
  amount: 1_995,
}));

async function allEvents({ store }: Scratch): Promise<RecordedEvent[]> {
  const events = [];
  for await (const event of store.readAll()) events.push(event);
  return events;
}

const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

function fileSize(directory: string, name: string): number {
  const file = join(directory, name);
  const db = new Database(file);
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
  return statSync(file).size;
}

async function messageSizes({ store, decoder }: Scratch, events: readonly RecordedEvent[]) {
  const feed = new Feed({ store, decoder, log: createLog(loadConfig({})) }, 1_000_000, () => undefined);
  const sums = { events: [0, 0], customers: [0, 0] };
  // one batch for each event: the most snapshots that there can be
  for (const event of events.slice(0, 20_000)) {
    for (const { topic, key, value, headers } of outgoing(await feed.describe([event]))) {
      sums[topic][0]! += 1;
      sums[topic][1]! += Buffer.byteLength(key) + Buffer.byteLength(value ?? '') + headerBytes(headers);
    }
  }
  const [[told, told_bytes], [shown, shown_bytes]] = [sums.events, sums.customers] as [
    [number, number],
    [number, number],
  ];
  return {
    messages_per_event: told / Math.min(events.length, 20_000),
    message_event: told_bytes / told,
    message_customer: shown_bytes / shown,
  };
}

const headerBytes = (headers: Readonly<Record<string, string>>): number =>
  Object.entries(headers).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0);

/** The same history on one connection of a PostgreSQL server, indexes included. */
async function measurePostgres(scratch: Scratch, events: number): Promise<Storage['postgres']> {
  const server = await startPostgres();
  if (server === undefined) return undefined;
  try {
    const model = await ReadModel.open({ url: server.url, connections_max: 4 });
    const started_ms = performance.now();
    await project(scratch, model);
    const events_per_s = (events * 1_000) / (performance.now() - started_ms);
    await model.close();
    return { rows: (await tableBytes(server.url)) / CUSTOMERS, events_per_s };
  } finally {
    await server.stop();
  }
}

async function project({ store, decoder }: Scratch, model: ReadModel): Promise<void> {
  const done = new AbortController();
  const projector = new Projector(model, store, decoder, {
    batch_size_max: loadConfig({}).PROJECTOR_BATCH_MAX,
    onBatch: ({ caught_up }) => {
      if (caught_up) done.abort();
    },
  });
  await projector.run(done.signal);
}

async function tableBytes(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('vacuum analyze');
    const { rows } = await client.query<{ bytes: string }>(
      `select sum(pg_total_relation_size(oid)) as bytes from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
    );
    return Number(rows[0]?.bytes);
  } finally {
    await client.end();
  }
}
