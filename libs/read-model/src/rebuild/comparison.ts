import { sql } from 'kysely';
import { lookAgain } from '../segments/looks.js';
import type { Db } from '../statements.js';
import { inGeneration, type Other, tableOf } from '../generation.js';
import { differingPaths, loadRows, OWNED } from '../projecting/whole-rows.js';

export const CUSTOMERS_LISTED_MAX = 1_000;
export const PATHS_MAX = 20;
/** Customers compared with one question. */
const CHUNK = 250;
/** So many customers that moved on while they were looked at can be compared with everybody else kept waiting. */
const LATER_MAX = 500;
const ROUNDS_MAX = 20;

/** A customer in whom two generations differ. */
export interface Differing {
  readonly customer: string;
  /** Of the live one; -1 when it has no such customer. */
  readonly revision: number;
  /** The first ones. */
  readonly paths: readonly string[];
  readonly paths_total: number;
}

/** What a comparison found. Values are personal data and never in it. */
export interface Report {
  readonly events: number;
  readonly customers_compared: number;
  readonly customers_differing: number;
  /** The first ones. */
  readonly differing: readonly Differing[];
  /** Totals kept with the rows that differ. */
  readonly counters: readonly string[];
}

export interface Compared {
  readonly compared: readonly string[];
  readonly differing: readonly Differing[];
  /** One generation is ahead of the other in these. */
  readonly later: readonly string[];
}

export const customersOf = ({ differing }: Compared): string[] => differing.map(({ customer }) => customer);

/** Several questions, answered from one state of both generations. */
export function snapshot<T>(db: Db, work: (tx: Db) => Promise<T>): Promise<T> {
  return db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(work);
}

/** The next customers by id that either generation has. */
export async function nextIds(db: Db, generation: Other, after: string, limit: number): Promise<string[]> {
  const part = (table: string) =>
    sql`select id from (select id from ${sql.table(table)} where id > ${after} order by id limit ${limit}) as page`;
  const both = sql<{
    id: string;
  }>`${part('customers')} union ${part(tableOf(generation, 'customers'))} order by id limit ${limit}`;
  return (await both.execute(db)).rows.map(({ id }) => id);
}

/** Compares customers field by field; unless the generations are level, only those who are at the same revision in both. */
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

/** Whose rows are not the same on both sides: what the database can tell without handing them over. */
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

/** Who is parked in one generation and not in the other. */
export async function parkedOnlyIn(db: Db, generation: Other): Promise<{ live: string[]; other: string[] }> {
  const there = inGeneration(db, generation);
  const of = async (one: Db) =>
    (await one.selectFrom('parked').select('customer_id').execute()).map((row) => row.customer_id);
  const [live, other] = [await of(db), await of(there)];
  const [inLive, inOther] = [new Set(live), new Set(other)];
  return { live: live.filter((id) => !inOther.has(id)), other: other.filter((id) => !inLive.has(id)) };
}

/** Totals that differ. */
export async function unequalCounters(db: Db, generation: Other): Promise<string[]> {
  const of = async (one: Db) => {
    const rows = await one.selectFrom('counters').selectAll().where('name', '!=', 'purge_due').execute();
    return new Map(rows.map(({ name, value }) => [name, Number(value)]));
  };
  const [live, other] = [await of(db), await of(inGeneration(db, generation))];
  return [...new Set([...live.keys(), ...other.keys()])].filter((name) => live.get(name) !== other.get(name));
}

/** Adds up what was compared; a customer counts once, by what was found last. */
export class Findings {
  private compared = 0;
  private differing_total = 0;
  private readonly listed: Differing[] = [];

  note({ compared, differing }: Compared): void {
    this.compared += compared.length;
    this.differing_total += differing.length;
    this.listed.push(...differing.slice(0, CUSTOMERS_LISTED_MAX - this.listed.length));
  }

  /** For an attempt that may fail. */
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

/** How far the comparison of the next generation has got: kept in memory, whoever goes on begins it anew. */
export class Comparing {
  readonly findings = new Findings();
  /** Who was at another revision in one of the generations. */
  readonly later = new Set<string>();
  /** Undefined when everybody was looked at once. */
  private cursor: string | undefined = '';
  private rounds = 0;

  constructor(
    readonly id: string,
    private readonly db: Db,
  ) {}

  /** Whether everybody was looked at once. */
  get isThrough(): boolean {
    return this.cursor === undefined;
  }

  /** Whether only few are left, or the rest never comes to rest. */
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
    await lookAgain(this.db, customersOf(found));
    for (const id of found.later) this.later.add(id);
  }
}
