import { catchUp_s, GIVEN, planFor, projectorsFor, rebuild_s } from './capacity/plan.js';
import { busiest, skewOf } from './capacity/skew.js';
import { measureStorage, type Storage } from './capacity/storage.js';
import { takeover } from './capacity/takeover.js';

/* The tables of docs/scale.md: node dist/test/load/capacity.js. Seeded; what is measured differs a little. */

const SIZES = [1e6, 1e7, 1e8, 1e9];
const SIMULATED = 1_000_000;
const EXPONENTS = [0, 0.5, 0.8, 1];
const SHARDS = [8, 32, 128, 1_024];
const LEASES_MS = [1_000, 5_000, 15_000];
const HOUR_S = 3_600;

const print = (text: string): void => void process.stdout.write(`${text}\n`);
function table(title: string, head: readonly string[], rows: readonly (readonly string[])[]): void {
  print(`\n## ${title}\n\n| ${head.join(' | ')} |\n|${head.map(() => '---').join('|')}|`);
  for (const row of rows) print(`| ${row.join(' | ')} |`);
}

const count = (value: number): string => (Number.isFinite(value) ? Math.round(value).toLocaleString('en') : 'never');
const times = (value: number): string => `${value.toFixed(2)} ×`;
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
const hours = (value_s: number): string =>
  value_s < HOUR_S ? `${Math.ceil(value_s / 60)} min` : `${(value_s / HOUR_S).toFixed(1)} h`;
const UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];
function size(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1_000 ** power;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[power] ?? ''}`;
}

function inputs(): void {
  const rows = Object.values(GIVEN).map(({ value, unit, from }) => [
    unit.includes('bytes a') && value > 1_000 ? size(value) : value.toLocaleString('en', { maximumFractionDigits: 1 }),
    unit.replace(/^bytes a (?!n event)/, 'a '),
    from,
  ]);
  table('Given', ['value', 'of what', 'from'], rows);
}

function measured(storage: Storage): void {
  const { postgres } = storage;
  const what = `Measured: ${count(storage.customers)} customers, a year each`;
  table(
    what,
    ['what', 'figure'],
    [
      ['events a customer and year', storage.events_per_customer.toFixed(0)],
      ['an event, data and metadata as JSON', size(storage.event_json)],
      ['an event in the embedded store, index included', size(storage.event_sqlite)],
      ['a customer in the read model on SQLite, indexes included', size(storage.rows_sqlite)],
      [
        'a customer in the read model on PostgreSQL, indexes included',
        postgres ? size(postgres.rows) : 'not installed here',
      ],
      [
        'projected into PostgreSQL, one connection',
        postgres ? `${count(postgres.events_per_s)} events/s` : 'not installed here',
      ],
      ['messages on customer-events for an event', storage.messages_per_event.toFixed(2)],
      ['a message on customer-events, headers included', size(storage.message_event)],
      ['a message on customers, headers included', size(storage.message_customer)],
    ],
  );
}

function plans(storage: Storage, skew: number): void {
  const all = SIZES.map((customers) => planFor(customers, storage, skew));
  const rebuilt = (customers: number, projectors: number): string => hours(rebuild_s(customers, storage, projectors));
  const row = (what: string, of: (plan: (typeof all)[number]) => string): string[] => [what, ...all.map(of)];
  const head = ['customers', ...all.map(({ customers }) => count(customers))];
  table('Sizes after a year', head, [
    row('store, one copy', (one) => size(one.store_bytes)),
    row('store, all copies', (one) => size(one.store_bytes * GIVEN.copies.value)),
    row('read model', (one) => size(one.rows_bytes)),
    row('topics with a week in them, one copy', (one) => size(one.topic_bytes)),
    row('`customers` topic, one copy', (one) => size(one.snapshots_bytes)),
  ]);
  table('Rates and instances', head, [
    row('events/s, mean', (one) => count(one.mean)),
    row('events/s, peak', (one) => count(one.peak)),
    row('cells', (one) => count(one.cells)),
    row('in each: api and ingest', (one) => count(one.ingest)),
    row('in each: projector and publisher', (one) => count(one.projectors)),
    row('in each: `SHARDS`', (one) => count(one.shards)),
    row('in each: `KAFKA_PARTITIONS`', (one) => count(one.partitions)),
    row('in each: PostgreSQL servers', (one) => count(one.postgres_servers)),
    row('rebuild of the read model by these', (one) => rebuilt(one.customers / one.cells, one.projectors)),
    row('rebuild by 16 of them', (one) => rebuilt(one.customers / one.cells, 16)),
  ]);
}

function limits(): void {
  const rates = [1_000, 5_000, 10_000, 50_000, 100_000, 150_000];
  table(
    'Instances that project, by the rate of one cell',
    ['events/s', 'instances', 'of each core, reading alone'],
    rates.map((rate) => [
      count(rate),
      count(projectorsFor(rate)),
      `${Math.round((100 * rate) / GIVEN.reading_per_s.value)} %`,
    ]),
  );
}

function skews(): void {
  const rows = EXPONENTS.map((exponent) => [
    exponent === 0 ? 'all alike' : `1/rank^${exponent}`,
    `${(100 * busiest(SIMULATED, exponent)).toFixed(4)} %`,
    ...skewOf(SIMULATED, exponent, SHARDS).map(({ events }) => times(events)),
  ]);
  const customers = skewOf(SIMULATED, 0, SHARDS).map(({ customers: fullest }) => times(fullest));
  table(
    `Fullest shard against the mean, ${count(SIMULATED)} customers simulated`,
    ['events of a customer', 'of all, the busiest', ...SHARDS.map((shards) => `${shards} shards`)],
    [['customers, not events', '', ...customers], ...rows],
  );
}

function takeovers(): void {
  const cases = LEASES_MS.flatMap((lease_ms) => [2, 5].map((instances) => ({ lease_ms, instances })));
  table(
    'How long shards lie idle, 20,000 simulated',
    ['`LEASE_MS`', 'instances', 'killed: median', 'p99', 'stopped: median', 'p99'],
    cases.map(({ lease_ms, instances }) => {
      const [killed, stopped] = [takeover(lease_ms, instances), takeover(lease_ms, instances, true)];
      const figures = [killed.median_ms, killed.p99_ms, stopped.median_ms, stopped.p99_ms];
      return [count(lease_ms), count(instances), ...figures.map(seconds)];
    }),
  );
}

function outages(): void {
  const loads = [0.1, 0.3, GIVEN.utilisation.value];
  table(
    'Catching up after an outage',
    ['away for', ...loads.map((load) => `at ${Math.round(load * 100)} % load`)],
    [10 * 60, HOUR_S, 8 * HOUR_S].map((outage_s) => [
      hours(outage_s),
      ...loads.map((load) => hours(catchUp_s(outage_s, load))),
    ]),
  );
}

const storage = await measureStorage();
const [{ events: skew = 1 } = {}] = skewOf(SIMULATED, 0.5, [32]);
inputs();
measured(storage);
plans(storage, skew);
limits();
skews();
takeovers();
outages();
