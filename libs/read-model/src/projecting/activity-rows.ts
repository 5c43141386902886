import type { ActivityKey } from '#activity';
import type { ActivityRow } from './activity-row.js';

/** A change needs rows that were not loaded. */
export class RowsNotLoaded extends Error {
  constructor(readonly key: ActivityKey) {
    super(`activity not loaded: ${key.object}`);
  }
}

/** `begun`: the object is new, so no entries of it are stored. */
export type RowChange = { readonly put: ActivityRow } | { readonly removed: ActivityRow } | { readonly begun: string };

/** The changes of a batch to the entries of a customer. */
export interface RowsChanged {
  readonly added: readonly ActivityRow[];
  readonly changed: readonly ActivityRow[];
  /** The stored rows of entries that were removed, or that moved in the list. */
  readonly removed: readonly ActivityRow[];
}

/** The entries of a customer that a batch adds, changes or has looked up. */
export class ActivityRows {
  private readonly stored = new Map<string, ActivityRow>();
  private readonly current = new Map<string, ActivityRow>();
  private readonly idsByObject = new Map<string, Set<string>>();
  private readonly atHand = new Set<string>();

  /** `isFresh`: the customer has no stored entries. */
  constructor(private readonly isFresh: boolean) {}

  /** Throws RowsNotLoaded. */
  of(key: ActivityKey): ActivityRow[] {
    const { object, created_at } = key;
    if (!this.isFresh && !this.atHand.has(object) && !this.atHand.has(textOf(key))) throw new RowsNotLoaded(key);
    const rows = [...(this.idsByObject.get(object) ?? [])].flatMap((id) => this.current.get(id) ?? []);
    return created_at === undefined ? rows : rows.filter((row) => row.created_at === created_at);
  }

  /** Adds stored rows that were loaded for a lookup. */
  supply(key: ActivityKey, rows: readonly ActivityRow[]): void {
    this.atHand.add(textOf(key));
    for (const row of rows) {
      if (this.stored.has(row.id)) continue;
      this.stored.set(row.id, row);
      this.put(row);
    }
  }

  apply(changes: readonly RowChange[]): void {
    for (const change of changes) {
      if ('begun' in change) this.atHand.add(change.begun);
      else if ('put' in change) this.put(change.put);
      else this.current.delete(change.removed.id);
    }
  }

  get changes(): RowsChanged {
    const all = [...this.current.values()];
    const changed = all.filter((row) => this.stored.has(row.id) && this.stored.get(row.id) !== row);
    const isElsewhere = (was: ActivityRow): boolean => {
      const is = this.current.get(was.id);
      return is === undefined || is.created_at !== was.created_at || is.ordinal !== was.ordinal;
    };
    return {
      added: all.filter((row) => !this.stored.has(row.id)),
      changed,
      removed: [...this.stored.values()].filter(isElsewhere),
    };
  }

  private put(row: ActivityRow): void {
    this.current.set(row.id, row);
    if (row.object === null) return;
    const ids = this.idsByObject.get(row.object) ?? new Set();
    this.idsByObject.set(row.object, ids.add(row.id));
  }
}

const textOf = ({ object, created_at }: ActivityKey): string =>
  created_at === undefined ? object : JSON.stringify([object, created_at]);
