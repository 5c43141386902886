import type { Db } from './queries/statements.js';
import type { ReadModel } from './read-model.js';

const DUE = 'purge_due';
/** Purging takes this part of the time at most: one after a minute's work waits for twenty minutes. */
const SHARE_MAX = 0.05;

/** Notes, with the rows of somebody being erased, that the files still hold traces of them. */
export async function notePurge(db: Db): Promise<void> {
  await setDue(db, 1);
}

async function setDue(db: Db, value: 0 | 1): Promise<void> {
  await db.updateTable('counters').set({ value }).where('name', '=', DUE).execute();
}

/** Purges the files after erasures: at once, unless the last time took long and is not long ago. */
export class Purge {
  private notBefore_ms = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly model: ReadModel,
    private readonly onTrouble: (error: unknown) => void,
  ) {}

  /** Purges if an erasure asks for it, now or as soon as it may. */
  async settle(): Promise<void> {
    const now_ms = performance.now();
    if (now_ms < this.notBefore_ms) this.later(this.notBefore_ms - now_ms);
    else if (await this.isDue()) await this.purge(now_ms);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private async purge(started_ms: number): Promise<void> {
    const isDone = await this.model.purge();
    if (isDone) await setDue(this.model.db, 0);
    const ended_ms = performance.now();
    this.notBefore_ms = ended_ms + (ended_ms - started_ms) / SHARE_MAX;
    if (!isDone) this.later(this.notBefore_ms - ended_ms);
  }

  private later(wait_ms: number): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.settle().catch(this.onTrouble);
    }, wait_ms).unref();
  }

  private async isDue(): Promise<boolean> {
    const row = await this.model.db.selectFrom('counters').select('value').where('name', '=', DUE).executeTakeFirst();
    return Number(row?.value ?? 0) === 1;
  }
}
