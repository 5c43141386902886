import { sql } from 'kysely';
import { evaluateAgain } from '../segments/evaluations.js';
import type { Db } from '../statements.js';
import { inGeneration, type Other, tableOf } from '../generation.js';
import { differingPaths, loadRows, OWNED } from '../projecting/whole-rows.js';

export const CUSTOMERS_LISTED_MAX = 1_000;
export const PATHS_MAX = 20;
/** Customers compared in one query. */
const CHUNK = 250;
/** The most customers that may be left to compare while the projectors wait. */
const LATER_MAX = 500;
const ROUNDS_MAX = 20;

/** A customer that differs between two generations. */
export interface Differing {
  readonly customer: string;
  /** The revision in the live generation; -1 when it has no such customer. */
  readonly revision: number;
  /** The first paths. */
  readonly paths: readonly string[];
  readonly paths_total: number;
}

/** The result of a comparison, without values, which are personal data. */
export interface Report {
  readonly events: number;
  readonly customers_compared: number;
  readonly customers_differing: number;
  /** The first customers. */
  readonly differing: readonly Differing[];
  /** The names of the counters that differ. */
  readonly counters: readonly string[];
}

export interface Compared {
  readonly compared: readonly string[];
  readonly differing: readonly Differing[];
  /** The customers that were at another revision in the other generation. */
  readonly later: readonly string[];
}

export const customersOf = ({ differing }: Compared): string[] => differing.map(({ customer }) => customer);

/** Runs several queries on one snapshot of both generations. */
export function snapshot<T>(db: Db, work: (tx: Db) => Promise<T>): Promise<T> {
  return db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(work);
}

/** The next customer ids in either generation. */
export async function nextIds(db: Db, generation: Other, after: string, limit: number): Promise<string[]> {
  const part = (table: string) =>
    sql`select id from (select id from ${sql.table(table)} where id > ${after} order by id limit ${limit}) as page`;
  const both = sql<{
    id: string;
  }>`${part('customers')} union ${part(tableOf(generation, 'customers'))} order by id limit ${limit}`;
  return (await both.execute(db)).rows.map(({ id }) => id);
}

/** Compares customers field by field; unless the generations are level, only those at the same revision in both. */
export async function compare(db: Db, generation: Other, ids: readonly string[], isLevel: boolean): Promise<Compared> {
  if (ids.length === 0) return { compared: [], differing: [], later: [] };
  const [live, other] = [await revisions(db, ids), await revisions(inGeneration(db, generation), ids)];
  const isComparable = (id: string): boolean => isLevel || live.get(id) === other.get(id);
  const suspected = await unequal(db, generation, ids);
  const suspects = ids.filter((id) => suspected.has(id) && isComparable(id));
  const [liveRows, otherRows] = [await loadRows(db, suspects), await loadRows(inGeneration(db, generation), suspects)];
  const differing = suspects.flatMap((customer): Differing[] => {
    const paths = differingPaths(liveRows.get(customer), otherRows.get(customer));
    if (paths.length === 0) return [];
    const revision = live.get(customer) ?? -1;
    return [{ customer, revision, paths: paths.slice(0, PATHS_MAX), paths_total: paths.length }];
  });
  return { compared: ids.filter(isComparable), differing, later: ids.filter((id) => !isComparable(id)) };
}

async function revisions(db: Db, ids: readonly string[]): Promise<Map<string, number>> {
  const rows = await db.selectFrom('customers').select(['id', 'revision']).where('id', 'in', ids).execute();
  return new Map(rows.map(({ id, revision }) => [id, revision]));
}

/** The customers whose rows differ, compared by the database without transferring them. */
async function unequal(db: Db, generation: Other, ids: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>();
  for (const [table, column] of Object.entries(OWNED)) {
    const other = tableOf(generation, table);
    const part = (name: string) => sql`select * from ${sql.table(name)} where ${sql.ref(column)} in (${sql.join(ids)})`;
    const lacking = (from: string, in_: string) =>
      sql`select ${sql.ref(column)} as id from (${part(from)} except ${part(in_)}) as lacking`;
    const rows = await sql<{ id: string }>`${lacking(table, other)} union ${lacking(other, table)}`.execute(db);
    for (const { id } of rows.rows) found.add(id);
  }
  return found;
}

/** The customers that are parked in one generation only. */
export async function parkedOnlyIn(db: Db, generation: Other): Promise<{ live: string[]; other: string[] }> {
  const there = inGeneration(db, generation);
  const of = async (one: Db) =>
    (await one.selectFrom('parked').select('customer_id').execute()).map((row) => row.customer_id);
  const [live, other] = [await of(db), await of(there)];
  const [inLive, inOther] = [new Set(live), new Set(other)];
  return { live: live.filter((id) => !inOther.has(id)), other: other.filter((id) => !inLive.has(id)) };
}

/** The names of the counters that differ. */
export async function unequalCounters(db: Db, generation: Other): Promise<string[]> {
  const of = async (one: Db) => {
    const rows = await one.selectFrom('counters').selectAll().where('name', '!=', 'purge_due').execute();
    return new Map(rows.map(({ name, value }) => [name, Number(value)]));
  };
  const [live, other] = [await of(db), await of(inGeneration(db, generation))];
  return [...new Set([...live.keys(), ...other.keys()])].filter((name) => live.get(name) !== other.get(name));
}

/** Adds up comparisons; a customer counts once, when it could be compared. */
export class Findings {
  private compared = 0;
  private differing_total = 0;
  private readonly listed: Differing[] = [];

  note({ compared, differing }: Compared): void {
    this.compared += compared.length;
    this.differing_total += differing.length;
    this.listed.push(...differing.slice(0, CUSTOMERS_LISTED_MAX - this.listed.length));
  }

  /** A copy for an attempt that may fail. */
  copy(): Findings {
    const copy = new Findings();
    copy.note({ compared: [], differing: this.listed, later: [] });
    [copy.compared, copy.differing_total] = [this.compared, this.differing_total];
    return copy;
  }

  report(events: number, counters: readonly string[]): Report {
    const { compared: customers_compared, differing_total: customers_differing, listed: differing } = this;
    return { events, customers_compared, customers_differing, differing, counters };
  }
}

/** The comparison of the next generation, kept in memory: another owner of the rebuild starts it over. */
export class Comparing {
  readonly findings = new Findings();
  /** The customers that were at another revision in one of the generations. */
  readonly later = new Set<string>();
  /** Undefined when every customer was visited once. */
  private cursor: string | undefined = '';
  private rounds = 0;

  constructor(
    readonly id: string,
    private readonly db: Db,
  ) {}

  /** True when every customer was visited once. */
  get isThrough(): boolean {
    return this.cursor === undefined;
  }

  /** True when few customers are left, or the rest keeps changing. */
  get isDone(): boolean {
    return this.isThrough && (this.later.size <= LATER_MAX || this.rounds >= ROUNDS_MAX);
  }

  /** Looks at the next customers by id. */
  async goOn(): Promise<void> {
    const { ids, found } = await snapshot(this.db, async (tx) => {
      const page = await nextIds(tx, 'next', this.cursor ?? '', CHUNK);
      return { ids: page, found: await compare(tx, 'next', page, false) };
    });
    await this.note(found);
    this.cursor = ids.length < CHUNK ? undefined : ids.at(-1);
  }

  /** Looks once more at all who moved on. */
  async goOver(): Promise<void> {
    this.rounds++;
    const waiting = [...this.later];
    this.later.clear();
    for (let from = 0; from < waiting.length; from += CHUNK) {
      const ids = waiting.slice(from, from + CHUNK);
      await this.note(await snapshot(this.db, (tx) => compare(tx, 'next', ids, false)));
    }
  }

  private async note(found: Compared): Promise<void> {
    this.findings.note(found);
    await evaluateAgain(this.db, customersOf(found));
    for (const id of found.later) this.later.add(id);
  }
}
