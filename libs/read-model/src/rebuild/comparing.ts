import { lookAgain } from '../segments/looks.js';
import type { Db } from '../statements.js';
import { compare, type Compared, customersOf, Findings, nextIds, snapshot } from './comparison.js';

/** Customers compared in one query. */
const CHUNK = 250;
/** The most customers that may be left to compare while the projectors wait. */
const LATER_MAX = 500;
const ROUNDS_MAX = 20;

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

  /** Compares the next customers by id. */
  async goOn(): Promise<void> {
    const { ids, found } = await snapshot(this.db, async (tx) => {
      const page = await nextIds(tx, 'next', this.cursor ?? '', CHUNK);
      return { ids: page, found: await compare(tx, 'next', page, false) };
    });
    await this.note(found);
    this.cursor = ids.length < CHUNK ? undefined : ids.at(-1);
  }

  /** Compares the customers again that were at another revision. */
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
