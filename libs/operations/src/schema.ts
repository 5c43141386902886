import type { Kysely } from 'kysely';
import type { LeaseColumns, LeaseTables } from '#database';

/** Instants are ISO text, positions decimal text, flags 0 or 1, objects JSON text: the same in every dialect. */
export interface Tables extends LeaseTables {
  jobs: JobsTable;
  job_parts: JobPartsTable;
  metadata_schemas: MetadataSchemasTable;
  webhooks: WebhooksTable;
  webhook_deliveries: WebhookDeliveriesTable;
  /** `purge_due`: files hold traces of deleted personal rows; `taken_over`: version 0.1.0's rows were moved here. */
  marks: { name: 'purge_due' | 'taken_over'; value: number };
}

export type Db = Kysely<Tables>;

/** Work that outlives its request: asynchronous actions and exports. */
export interface JobsTable extends LeaseColumns {
  id: string;
  kind: 'action' | 'export';
  type: string;
  /** `receiving`, and invisible, until all of the input has arrived. */
  state: 'receiving' | 'open' | 'done' | 'failed';
  app_id: string;
  request_id: string;
  created_at: string;
  updated_at: string;
  /** The job and its parts are deleted from this instant on. */
  expires_at: string;
  rows_total: number;
  rows_done: number;
  rows_failed: number;
  /** The parts of the input that noted steps took; also the number of the next part. */
  parts_done: number;
  parameters: string;
  progress: string;
}

/** The input of a job, deleted as it is processed, and its output. */
export interface JobPartsTable {
  job_id: string;
  /** `unchanged`: numbers of rows that changed nothing. */
  direction: 'in' | 'out' | 'unchanged';
  number: number;
  text: string;
}

/** The metadata schema of each kind of object. */
export interface MetadataSchemasTable {
  id: string;
  related_object: string;
  data: string;
  created_at: string;
  updated_at: string | null;
}

/** The lease is that of the instance which sends the deliveries. */
export interface WebhooksTable extends LeaseColumns {
  id: string;
  target_url: string;
  /** Types of events, as a JSON list. */
  events: string;
  /** Encrypted by the service, which alone can read it. */
  secret: string;
  is_active: number;
  /** The reason why the service disabled it; null when it is active or a person disabled it. */
  disabled_reason: 'retries_exhausted' | 'too_many_waiting' | null;
  disabled_at: string | null;
  /** The webhook gets events after this position. */
  since: string;
  created_at: string;
  updated_at: string | null;
}

/** References only: each attempt builds its payload from the history, so an erasure need not delete rows here. */
export interface WebhookDeliveriesTable {
  id: string;
  webhook_id: string;
  news_id: string;
  type: string;
  customer_id: string;
  revision: number;
  /** Position of its event and number within it, in digits that sort as text. */
  place: string;
  state: 'waiting' | 'delivered' | 'failed' | 'discarded';
  attempts: number;
  created_at: string;
  /** The time of the next attempt. */
  due_at: string;
  first_at: string | null;
  last_at: string | null;
  /** The HTTP status of the last attempt; null when `error` says why there was no answer. */
  status: number | null;
  error: string | null;
  duration_ms: number | null;
}
