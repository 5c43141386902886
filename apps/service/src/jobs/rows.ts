/** A stored row of a bulk update or an import: the customer, the body, or the reason of its refusal. */
export interface Row {
  /** From 0, without a header. */
  readonly n: number;
  readonly id?: string | undefined;
  readonly source_id?: string | undefined;
  readonly body?: object | undefined;
  readonly reason?: string | undefined;
}

/** The error of a refused row, in the contract's form. */
export interface RowError {
  readonly n: number;
  readonly source_id?: string | undefined;
  readonly key: string;
  readonly message: string;
  readonly details: string;
}
