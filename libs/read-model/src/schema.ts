import type { LeaseTables } from '#database';
import type { Kysely } from 'kysely';

export type Db = Kysely<Tables>;

/** Instants are ISO text with nine digits of a second where they are of customers, positions decimal text, flags 0 or 1, objects JSON text: the same in every dialect. */
export interface Tables extends LeaseTables {
  customers: CustomersTable;
  orders: OrdersTable;
  redemptions: RedemptionsTable;
  entities: EntitiesTable;
  activities: ActivitiesTable;
  parked: ParkedTable;
  counters: { name: string; value: number };
  rebuilds: RebuildsTable;
  generations: GenerationsTable;
  segment_looks: SegmentLooksTable;
  segment_fills: { segment_id: string; cursor: string; customers: number; done_at: string | null };
}

export interface CustomersTable {
  id: string;
  status: 'unknown' | 'active' | 'deleted' | 'erased';
  source_id: string | null;
  /** The filterable fields in lower case. */
  email_key: string | null;
  name_key: string | null;
  city_key: string | null;
  created_at: string | null;
  /** `updated_at` of the document, or its `created_at` while it has none. */
  changed_at: string | null;
  /** Revision and position of the last event that was folded. */
  revision: number;
  position: string;
  head: string;
  /** The contract's customer object; null unless active. */
  document: string | null;
}

export interface OrdersTable {
  customer_id: string;
  order_id: string;
  status: string | null;
  amount: number | null;
  is_counted: number;
  created_at: string;
  source_id: string | null;
  data: string;
}

export interface RedemptionsTable {
  customer_id: string;
  redemption_id: string;
  result: string | null;
  /** Null while only what follows from it is known. */
  created_at: string | null;
  order_id: string | null;
  /** Name of the campaign. */
  campaign: string | null;
  voucher_id: string | null;
  voucher_code: string | null;
  data: string;
}

/** Every other kind of entity: what the fold needs, nothing is searched by. */
export interface EntitiesTable {
  customer_id: string;
  kind: string;
  entity_id: string;
  data: string;
}

export interface ActivitiesTable {
  id: string;
  customer_id: string;
  created_at: string;
  /** Order among activities of one instant: by type and statement, in whatever order they came. */
  ordinal: number;
  type: string;
  category: string;
  campaign_id: string | null;
  campaign_type: string | null;
  group_id: string;
  /** Finds a row again when something else changes what it says; null where nothing can. */
  object: string | null;
  /** 0 while its statement says nothing. */
  is_shown: number;
  data: string;
}

export interface ParkedTable {
  customer_id: string;
  /** The event that could not be taken in, and the last one that was left out because of it. */
  position: string;
  skipped_to: string;
  /** Class of the error, without its message: that may quote personal data. */
  error: string;
}

export interface RebuildsTable {
  id: string;
  kind: 'rebuild' | 'check' | 'customer' | 'customer_check' | 'switch_back';
  customer_id: string | null;
  state: 'waiting' | 'building' | 'comparing' | 'switching' | 'done' | 'cancelled' | 'failed';
  /** What is asked for: it is looked at between any two steps. */
  wish: 'run' | 'pause' | 'cancel';
  /** 1 until it is done, cancelled or failed. */
  is_open: number;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  events: number;
  /** Time at work, without pauses. */
  working_ms: number;
  position: string | null;
  /** Where the history ended when it was looked at last. */
  target: string | null;
  /** Class of the error, or what was in the way. */
  error: string | null;
  report: string | null;
}

/** When segments have to look at which customer again. */
export interface SegmentLooksTable {
  customer_id: string;
  due_at: string;
  /** Grows whenever somebody asks for a look. */
  turn: number;
}

/** Which generations of the tables are there: `live` under the plain names, the others under theirs. */
export interface GenerationsTable {
  name: 'live' | 'next' | 'former';
  number: number;
  /** Everything up to here is in it; null for the live one, whose shards know. */
  position: string | null;
  /** Of the fold that its rows are made by. */
  fold_version: number;
  /** How far the history had been taken in before these rows were rebuilt; null when they never were. */
  renewed_to: string | null;
}
