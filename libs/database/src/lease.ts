import { type RawBuilder, sql } from 'kysely';

/** The columns of each row that one instance at a time works on. */
export interface LeaseColumns {
  owner: string | null;
  /** The fencing token: it grows each time the lease is taken. */
  token: number;
  /** In the database's own time. */
  lease_until_ms: number;
}

export interface LeaseHolder {
  /** Unique among running instances; an instance that restarts under its old name takes its leases back at once. */
  readonly instance: string;
  /** An instance that renews no lease for this long loses it. */
  readonly lease_ms: number;
}

/** Renewals of a lease within its duration. */
export const RENEWALS = 4;

/** A row that has never been leased. */
export const UNLEASED = { owner: null, token: 0, lease_until_ms: 0 } as const;

/** The conditions and changes of the leases of one instance. Time is the database's own. */
export class LeaseSql {
  constructor(
    private readonly now_ms: RawBuilder<number>,
    private readonly holder: LeaseHolder,
  ) {}

  /** The end of a lease that begins or is renewed now. */
  get until(): RawBuilder<number> {
    return sql<number>`${this.now_ms} + ${sql.lit(Math.trunc(this.holder.lease_ms))}`;
  }

  /** True for a row that is free, ours or expired. */
  get isOpen(): RawBuilder<boolean> {
    return sql<boolean>`(owner is null or owner = ${this.holder.instance} or lease_until_ms < ${this.now_ms})`;
  }

  /** Takes the lease; the new token shuts out every former owner. */
  get taken(): { owner: string; token: RawBuilder<number>; lease_until_ms: RawBuilder<number> } {
    return { owner: this.holder.instance, token: sql<number>`token + 1`, lease_until_ms: this.until };
  }
}

/** True while the row has the owner and the token of the lease: the fence before every write under it. */
export const isHeld = ({ owner, token }: Pick<LeaseColumns, 'owner' | 'token'>): RawBuilder<boolean> =>
  sql<boolean>`(owner = ${owner} and token = ${token})`;
