import type { LeaseTables } from '#database';
import type { Kysely } from 'kysely';

export type Db = Kysely<Tables>;

/** In every dialect: instants are ISO text (nine digits for customers), positions decimal text, objects JSON text. */
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
  segment_looks: SegmentEvaluationsTable;
  segment_fills: { segment_id: string; cursor: string; customers: number; done_at: string | null };
}

export interface CustomersTable {
  id: string;
  status: 'unknown' | 'active' | 'deleted' | 'erased';
  source_id: string | null;
  /** The filter fields in lower case. */
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
  /** Null while only rollbacks or spendings of it are known. */
  created_at: string | null;
  order_id: string | null;
  /** Name of the campaign. */
  campaign: string | null;
  voucher_id: string | null;
  voucher_code: string | null;
  data: string;
}

/** Every other kind of entity, needed by the fold and never searched. */
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
  /** Order among entries of one instant: by type and content, independent of the order of arrival. */
  ordinal: number;
  type: string;
  category: string;
  campaign_id: string | null;
  campaign_type: string | null;
  group_id: string;
  /** The key by which a later event finds an entry that it may change; null for entries that never change. */
  object: string | null;
  /** 0 for an entry that currently shows nothing. */
  is_shown: number;
  data: string;
}

export interface ParkedTable {
  customer_id: string;
  /** The event that could not be projected; `skipped_to` is the last one skipped because of it. */
  position: string;
  skipped_to: string;
  /** Class of the error, without its message, which may quote personal data. */
  error: string;
}

export interface RebuildsTable {
  id: string;
  kind: 'rebuild' | 'check' | 'customer' | 'customer_check' | 'switch_back';
  customer_id: string | null;
  state: 'waiting' | 'building' | 'comparing' | 'switching' | 'done' | 'cancelled' | 'failed';
  /** The request of an operator, checked between any two steps. */
  wish: 'run' | 'pause' | 'cancel';
  /** 1 until it is done, cancelled or failed. */
  is_open: number;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  events: number;
  /** Working time, without pauses. */
  working_ms: number;
  position: string | null;
  /** The end of the history when it was last checked. */
  target: string | null;
  /** Class of the error, or the code of the reason. */
  error: string | null;
  report: string | null;
}

/** Scheduled evaluations of customers by segments. */
export interface SegmentEvaluationsTable {
  customer_id: string;
  due_at: string;
  /** Grows with each request for an evaluation. */
  turn: number;
}

/** The existing generations of the tables: `live` under the plain names, the others with a prefix. */
export interface GenerationsTable {
  name: 'live' | 'next' | 'former';
  number: number;
  /** The position up to which it is complete; null for the live one, whose shards have checkpoints. */
  position: string | null;
  /** The version of the fold that made its rows. */
  fold_version: number;
  /** The position that had been projected before a new fold version rebuilt the rows; null when none did. */
  renewed_to: string | null;
}
