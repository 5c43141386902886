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
