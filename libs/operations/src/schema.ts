import type { Kysely } from 'kysely';
import type { LeaseTables } from '#database';

/** Instants are ISO text, positions decimal text, flags 0 or 1, objects JSON text: the same in every dialect. */
export interface Tables extends LeaseTables {
  jobs: JobsTable;
  job_parts: JobPartsTable;
  metadata_schemas: MetadataSchemasTable;
  webhooks: WebhooksTable;
  webhook_deliveries: WebhookDeliveriesTable;
  /** `purge_due`: files hold traces of rows that must not be readable; `taken_over`: the rows of version 0.1.0 are here. */
  marks: { name: 'purge_due' | 'taken_over'; value: number };
}

export type Db = Kysely<Tables>;

/** Work that outlives its request: asynchronous actions and exports. */
export interface JobsTable {
  id: string;
  kind: 'action' | 'export';
  type: string;
  /** `receiving` until all of the input is there: nobody sees it before. */
  state: 'receiving' | 'open' | 'done' | 'failed';
  app_id: string;
  request_id: string;
  created_at: string;
  updated_at: string;
  /** From then on it is forgotten, with all that belongs to it. */
  expires_at: string;
  rows_total: number;
  rows_done: number;
  rows_failed: number;
  /** How many steps were noted; also the number of the next part. */
  parts_done: number;
  parameters: string;
  progress: string;
  owner: string | null;
  lease_until_ms: number;
}

/** What a job works on, taken away as it is worked off, and what comes out of it. */
export interface JobPartsTable {
  job_id: string;
  /** `unchanged`: numbers of rows that said nothing new. */
  direction: 'in' | 'out' | 'unchanged';
  number: number;
  text: string;
}

/** What metadata may hold, by the name of what they belong to. */
export interface MetadataSchemasTable {
  id: string;
  related_object: string;
  data: string;
  created_at: string;
  updated_at: string | null;
}

export interface WebhooksTable {
  id: string;
  target_url: string;
  /** Types of news, as a JSON list. */
  events: string;
  /** Sealed by the service; nobody else can read it. */
  secret: string;
  is_active: number;
  /** Why the service stopped it; null when nobody or a person did. */
  disabled_reason: 'retries_exhausted' | 'too_many_waiting' | null;
  disabled_at: string | null;
  /** News after this position are for it. */
  since: string;
  created_at: string;
  updated_at: string | null;
}

/** References only: what is sent is told from the history each time, so nothing personal has to be forgotten here. */
export interface WebhookDeliveriesTable {
  id: string;
  webhook_id: string;
  news_id: string;
  type: string;
  customer_id: string;
  revision: number;
  /** Position and number among the news of its event, in digits that sort as text. */
  place: string;
  state: 'waiting' | 'delivered' | 'failed' | 'discarded';
  attempts: number;
  created_at: string;
  /** When it is to be tried next. */
  due_at: string;
  first_at: string | null;
  last_at: string | null;
  /** Of the last try: the status of the answer, or what was in the way. */
  status: number | null;
  error: string | null;
  duration_ms: number | null;
}
