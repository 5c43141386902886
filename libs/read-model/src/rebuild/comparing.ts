import { lookAgain } from '../segments/looks.js';
import type { Db } from '../statements.js';
import { compare, type Compared, customersOf, Findings, nextIds, snapshot } from './comparison.js';

/** Customers compared with one question. */
const CHUNK = 250;
/** So many customers that moved on while they were looked at can be compared with everybody else kept waiting. */
const LATER_MAX = 500;
const ROUNDS_MAX = 20;

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
