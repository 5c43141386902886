import type { Storage } from './storage.js';

/** Where a figure comes from when it is not computed here. */
export interface Given {
  readonly value: number;
  readonly unit: string;
  readonly from: string;
}

const given = (value: number, unit: string, from: string): Given => ({ value, unit, from });
const MEASURED = 'docs/performance.md, two cores shared with its load';
const ASSUMED = 'assumption: measure yours';

/** The plan rests on these besides the measurements of the same run. */
export const GIVEN = {
  peak: given(10, 'times the mean', ASSUMED),
  utilisation: given(0.6, 'of what can be sustained', 'room for a failed instance and for catching up'),
  facts_per_s: given(7_458, 'facts/s an instance', MEASURED),
  reading_per_s: given(223_966, 'events/s read and parsed', MEASURED),
  projected_per_s: given(20_528 * 0.4, 'events/s a projector', `${MEASURED}; 40 % of it on PostgreSQL (ADR 11)`),
  appends_per_s: given(10_000, 'durable appends/s a store cluster', ASSUMED),
  store_node: given(8e12, 'bytes a store node', 'assumption: what can be copied to a new node in a day at 100 MB/s'),
  store_overhead: given(174, 'bytes an event', 'record header and position 150, index entry 24: assumption'),
  postgres_server: given(2e12, 'bytes a PostgreSQL server', 'assumption: restored within hours'),
  partition: given(1_000, 'facts/s a partition', 'one lane per customer in it, 1 to 5 ms a fact: assumption'),
  copies: given(3, 'replicas of the store, of topics', 'survives one loss without losing the quorum'),
  kafka_days: given(7, 'days in topics that are not compacted', 'the default of Kafka'),
} as const satisfies Readonly<Record<string, Given>>;

const YEAR_S = 365 * 86_400;

/** One size of the business, and what it takes. */
export interface Plan {
  readonly customers: number;
  readonly mean: number;
  readonly peak: number;
  readonly store_bytes: number;
  readonly rows_bytes: number;
  readonly topic_bytes: number;
  readonly snapshots_bytes: number;
  readonly cells: number;
  /** All of these in each cell. */
  readonly ingest: number;
  readonly projectors: number;
  readonly shards: number;
  readonly partitions: number;
  readonly postgres_servers: number;
}

/** `skew`: the fullest shard's events against the mean. */
export function planFor(customers: number, storage: Storage, skew: number): Plan {
  const mean = (customers * storage.events_per_customer) / YEAR_S;
  const peak = mean * GIVEN.peak.value;
  const store_bytes = customers * storage.events_per_customer * (storage.event_json + GIVEN.store_overhead.value);
  const rows_bytes = customers * (storage.postgres?.rows ?? storage.rows_sqlite);
  const cells = Math.max(
    Math.ceil(peak / (GIVEN.appends_per_s.value * GIVEN.utilisation.value)),
    Math.ceil(store_bytes / GIVEN.store_node.value),
  );
  const projectors = Math.max(2, projectorsFor((peak / cells) * skew));
  return {
    customers,
    mean,
    peak,
    store_bytes,
    rows_bytes,
    topic_bytes: mean * 86_400 * GIVEN.kafka_days.value * (1 + storage.messages_per_event) * storage.message_event,
    snapshots_bytes: customers * storage.message_customer,
    cells,
    ingest: Math.max(2, Math.ceil(peak / cells / (GIVEN.facts_per_s.value * GIVEN.utilisation.value))),
    projectors,
    shards: powerOfTwo(projectors * 4),
    partitions: powerOfTwo(Math.max(12, peak / cells / GIVEN.partition.value)),
    postgres_servers: Math.ceil(rows_bytes / cells / GIVEN.postgres_server.value),
  };
}

/** Each instance reads everything and projects its part, until reading alone takes all it has. */
export function projectorsFor(events_per_s: number): number {
  const left = GIVEN.utilisation.value - events_per_s / GIVEN.reading_per_s.value;
  return left <= 0 ? Infinity : Math.ceil(events_per_s / GIVEN.projected_per_s.value / left);
}

/** Seconds until a backlog of an outage is worked off while as much as ever comes in. */
export const catchUp_s = (outage_s: number, load: number): number => (outage_s * load) / (1 - load);

/** Seconds to build the read model again from a history. */
export const rebuild_s = (customers: number, storage: Storage, projectors: number): number =>
  (customers * storage.events_per_customer) / (projectors * GIVEN.projected_per_s.value);

const powerOfTwo = (least: number): number => 2 ** Math.ceil(Math.log2(least));
