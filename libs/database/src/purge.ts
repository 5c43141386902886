/** A database whose files may hold traces of rows that are deleted. */
export interface Purgeable {
  /** Makes deleted rows unreadable in the files too, in time proportional to their size. False: a reader blocked it. */
  purge(): Promise<boolean>;
  /** True when rows that must not stay readable were deleted since the last purge. */
  isPurgeDue(): Promise<boolean>;
  notePurged(): Promise<void>;
}

/** The largest share of time spent purging: after a purge of one minute the next waits for twenty. */
const SHARE_MAX = 0.05;

/** Purges the files after erasures: at once, or later when a long purge has just ended. */
export class Purge {
  private notBefore_ms = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Purgeable,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Purges if an erasure asks for it: now, or as soon as `SHARE_MAX` allows. */
  async purgeIfDue(): Promise<void> {
    const now_ms = performance.now();
    if (now_ms < this.notBefore_ms) this.later(this.notBefore_ms - now_ms);
    else if (await this.database.isPurgeDue()) await this.purge(now_ms);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private async purge(started_ms: number): Promise<void> {
    const isDone = await this.database.purge();
    if (isDone) await this.database.notePurged();
    const ended_ms = performance.now();
    this.notBefore_ms = ended_ms + (ended_ms - started_ms) / SHARE_MAX;
    if (!isDone) this.later(this.notBefore_ms - ended_ms);
  }

  private later(wait_ms: number): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.purgeIfDue().catch(this.onError);
    }, wait_ms).unref();
  }
}
