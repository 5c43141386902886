/** A row of a bulk update or an import as it waits to be worked off: whom it means, what it says, or why it cannot. */
export interface Row {
  /** From 0, without a header. */
  readonly n: number;
  readonly id?: string | undefined;
  readonly source_id?: string | undefined;
  readonly body?: object | undefined;
  readonly reason?: string | undefined;
}

/** Why a row was not taken, in the contract's words. */
export interface RowError {
  readonly n: number;
  readonly source_id?: string | undefined;
  readonly key: string;
  readonly message: string;
  readonly details: string;
}

/** Rows of one instant: lists scroll by `created_at`, and a page takes in all who share one. */
const ROWS_PER_MS = 500;

/** The time of a row: that of its action, moved on so slowly that it has passed by the time the row is worked off. */
export const timeOf = (created_at: string, { n }: Row): string =>
  new Date(Date.parse(created_at) + Math.floor(n / ROWS_PER_MS)).toISOString();
