import { type Kysely, type RawBuilder, sql } from 'kysely';
import { sleep } from '#flow';
import type { Checkpoint } from './checkpoint.js';
import { type LeaseHolder, LeaseSql, RENEWALS } from './lease.js';
import { type Leased, type LeaseTables, leaseTables, type ShardsTable } from './lease-tables.js';
import { overlapping, shardOf, SHARDS_MAX } from './shard.js';

/** A lease on a shard. Writes carry its token, so that a former owner cannot disturb the next one. */
export interface Lease {
  readonly shard: number;
  /** The total number of shards. */
  readonly shards: number;
  /** The shards that had its customers before the total number was last changed. */
  readonly former: readonly number[];
  readonly formerly: number | undefined;
  readonly token: number;
  readonly checkpoint: Checkpoint | undefined;
}

/** A shard and its checkpoint's position, undefined before it has begun. */
export interface ShardProgress extends Pick<Lease, 'shard' | 'shards'> {
  readonly position: bigint | undefined;
}

/** The lease is lost: another instance took the shard, or the number of shards changed. */
export class Fenced extends Error {
  constructor(readonly work: string) {
    super(`a shard of ${work} has been taken over`);
  }
}

export interface LeaseOptions extends Pick<LeaseHolder, 'instance'>, Partial<Pick<LeaseHolder, 'lease_ms'>> {
  /** The name of the follower whose work is shared. */
  readonly work: string;
  readonly shards: number;
}

const LEASE_MS = 5_000;
const COLUMNS = ['shard', 'shards', 'formerly', 'owner', 'token', 'position', 'store_id'] as const;
type Row = Pick<ShardsTable, (typeof COLUMNS)[number]> & { is_open: number };

/**
 * Shares the shards out among instances by leases with fencing tokens. Time is the database's own; each takeover raises
 * the token, and a checkpoint is saved under the token of its lease, in the transaction of the work itself.
 */
export class Leases {
  readonly work: string;
  readonly lease_ms: number;
  private readonly lease: LeaseSql;
  private readonly tokens = new Map<number, number>();
  private isPrepared = false;

  constructor(
    private readonly db: Kysely<LeaseTables>,
    private readonly now_ms: RawBuilder<number>,
    private readonly options: LeaseOptions,
  ) {
    if (options.shards < 1 || options.shards > SHARDS_MAX) throw new RangeError(`1 to ${SHARDS_MAX} shards`);
    this.work = options.work;
    this.lease_ms = options.lease_ms ?? LEASE_MS;
    this.lease = new LeaseSql(now_ms, { instance: options.instance, lease_ms: this.lease_ms });
  }

  /** Renews the held leases, releases those beyond the fair share, takes free ones; returns the leases held now. */
  async tick(): Promise<readonly Lease[]> {
    if (!this.isPrepared) await this.prepare();
    this.isPrepared = true;
    await this.heartbeat();
    await this.renew();
    const rows = await this.rows();
    const fair = Math.ceil(rows.length / Math.max(1, await this.countMembers()));
    const mine = rows.filter((row) => this.isMine(row));
    for (const { shard } of mine.splice(fair)) await this.releaseShard(shard);
    const open = rows.filter((row) => row.is_open === 1 && !this.isMine(row));
    for (const row of open.slice(0, fair - mine.length)) {
      const taken = await this.take(row);
      if (taken) mine.push(taken);
    }
    for (const shard of this.tokens.keys()) if (!mine.some((row) => row.shard === shard)) this.tokens.delete(shard);
    return mine.map(leaseOf).sort((one, other) => one.shard - other.shard);
  }

  /** Reports the held leases until the signal aborts; reports none, with the error, when they cannot be determined. */
  async keep(signal: AbortSignal, tell: (held: readonly Lease[], error?: unknown) => void): Promise<void> {
    while (!signal.aborted) {
      await this.tick().then(tell, (error: unknown) => tell([], error));
      await sleep(this.lease_ms / RENEWALS, signal);
    }
  }

  /**
   * Moves the checkpoints of these shards and renews their leases, as part of the caller's transaction. Throws
   * Fenced when one of the leases is lost.
   */
  async advance<T extends LeaseTables>(
    db: Leased<T>,
    held: readonly Lease[],
    { position, store_id }: Checkpoint,
  ): Promise<void> {
    const moving = held.filter(({ checkpoint }) => checkpoint === undefined || checkpoint.position < position);
    if (moving.length === 0) return;
    const { numUpdatedRows } = await leaseTables(db)
      .updateTable('shards')
      .set({ position: String(position), store_id, lease_until_ms: this.lease.until })
      .where('work', '=', this.work)
      .where((row) => row.or(moving.map(({ shard, token }) => row.and({ shard, token }))))
      .executeTakeFirst();
    if (numUpdatedRows !== BigInt(moving.length)) throw new Fenced(this.work);
  }

  /** True when no other instance has taken the shard over. */
  async owns({ shard, token }: Lease): Promise<boolean> {
    const query = this.db.selectFrom('shards').select('token').where('work', '=', this.work).where('shard', '=', shard);
    return (await query.executeTakeFirst())?.token === token;
  }

  /** Locks the customer's shard until the caller's transaction ends; returns the position of its checkpoint. */
  async lock<T extends LeaseTables>(db: Leased<T>, customerId: string): Promise<bigint> {
    const layout = await leaseTables(db)
      .selectFrom('layouts')
      .select('shards')
      .where('work', '=', this.work)
      .executeTakeFirstOrThrow();
    const locked = await leaseTables(db)
      .updateTable('shards')
      .set((row) => ({ token: row.ref('token') }))
      .where('work', '=', this.work)
      .where('shard', '=', shardOf(customerId, layout.shards))
      .returning('position')
      .executeTakeFirst();
    return BigInt(locked?.position ?? -1);
  }

  /** Locks all shards until the caller's transaction ends; returns the positions of their checkpoints. */
  async lockAll<T extends LeaseTables>(db: Leased<T>): Promise<readonly ShardProgress[]> {
    await leaseTables(db)
      .updateTable('shards')
      .set((row) => ({ token: row.ref('token') }))
      .where('work', '=', this.work)
      .execute();
    const query = leaseTables(db)
      .selectFrom('shards')
      .select(['shard', 'shards', 'position'])
      .where('work', '=', this.work);
    const rows = await query.execute();
    return rows.map(({ position, ...row }) => ({ ...row, position: position === null ? undefined : BigInt(position) }));
  }

  /** Locks a shard that we hold until the caller's transaction ends. Throws Fenced when the lease is lost. */
  async hold<T extends LeaseTables>(db: Leased<T>, { shard, token }: Lease): Promise<void> {
    const { numUpdatedRows } = await leaseTables(db)
      .updateTable('shards')
      .set({ token })
      .where('work', '=', this.work)
      .where('shard', '=', shard)
      .where('token', '=', token)
      .executeTakeFirst();
    if (numUpdatedRows !== 1n) throw new Fenced(this.work);
  }

  /** Frees the held shards at once and leaves the members. */
  async release(): Promise<void> {
    const { work, instance } = this.options;
    await this.db
      .updateTable('shards')
      .set({ owner: null })
      .where('work', '=', work)
      .where('owner', '=', instance)
      .execute();
    await this.db.deleteFrom('members').where('work', '=', work).where('instance', '=', instance).execute();
    this.tokens.clear();
  }

  /** Creates the shards; a changed number takes them from their owners and keeps the checkpoints. */
  private async prepare(): Promise<void> {
    const { work, shards } = this.options;
    await this.db.transaction().execute(async (tx) => {
      const begun = await tx
        .insertInto('layouts')
        .values({ work, shards })
        .onConflict((conflict) => conflict.column('work').doNothing())
        .executeTakeFirst();
      const changed = await tx
        .updateTable('layouts')
        .set({ shards })
        .where('work', '=', work)
        .where('shards', '!=', shards)
        .executeTakeFirst();
      if (begun.numInsertedOrUpdatedRows === 1n || changed.numUpdatedRows === 1n) await this.layOut(tx);
    });
  }

  /** A new shard starts from the least advanced checkpoint of the old shards that share its customers. */
  private async layOut(tx: Kysely<LeaseTables>): Promise<void> {
    const { work, shards } = this.options;
    const before = await this.rows(tx);
    const token = 1 + before.reduce((most, row) => Math.max(most, row.token), 0);
    await tx.deleteFrom('shards').where('work', '=', work).execute();
    const made = Array.from({ length: shards }, (_, shard) => {
      const old = before.length === 0 ? [] : overlapping(shard, shards, before.length).map((index) => before[index]);
      const { position = null, store_id = null } = leastAdvanced(old) ?? {};
      return {
        work,
        shard,
        shards,
        formerly: before.length || null,
        owner: null,
        token,
        lease_until_ms: 0,
        position,
        store_id,
      };
    });
    await tx.insertInto('shards').values(made).execute();
  }

  private rows(db = this.db): Promise<Row[]> {
    return db
      .selectFrom('shards')
      .select(COLUMNS)
      .select(sql<number>`case when ${this.lease.isOpen} then 1 else 0 end`.as('is_open'))
      .where('work', '=', this.work)
      .orderBy('shard')
      .execute();
  }

  private isMine({ shard, owner, token }: Row): boolean {
    return owner === this.options.instance && this.tokens.get(shard) === token;
  }

  private async heartbeat(): Promise<void> {
    const { work, instance } = this.options;
    await this.db
      .insertInto('members')
      .values({ work, instance, seen_until_ms: this.lease.until })
      .onConflict((conflict) =>
        conflict
          .columns(['work', 'instance'])
          .doUpdateSet((row) => ({ seen_until_ms: row.ref('excluded.seen_until_ms') })),
      )
      .execute();
  }

  private async countMembers(): Promise<number> {
    await this.db
      .deleteFrom('members')
      .where('work', '=', this.work)
      .where('seen_until_ms', '<', this.now_ms)
      .execute();
    const { members } = await this.db
      .selectFrom('members')
      .select((row) => row.fn.countAll<number>().as('members'))
      .where('work', '=', this.work)
      .executeTakeFirstOrThrow();
    return Number(members);
  }

  private async renew(): Promise<void> {
    if (this.tokens.size === 0) return;
    const held = [...this.tokens].map(([shard, token]) => ({ shard, token, owner: this.options.instance }));
    await this.db
      .updateTable('shards')
      .set({ lease_until_ms: this.lease.until })
      .where('work', '=', this.work)
      .where((row) => row.or(held.map((one) => row.and(one))))
      .execute();
  }

  private async releaseShard(shard: number): Promise<void> {
    await this.db
      .updateTable('shards')
      .set({ owner: null })
      .where('work', '=', this.work)
      .where('shard', '=', shard)
      .where('owner', '=', this.options.instance)
      .execute();
    this.tokens.delete(shard);
  }

  /** Takes the shard under the next token, unless another instance was faster. */
  private async take({ shard, token }: Row): Promise<Row | undefined> {
    const taken = await this.db
      .updateTable('shards')
      .set(this.lease.taken)
      .where('work', '=', this.work)
      .where('shard', '=', shard)
      .where('token', '=', token)
      .where(this.lease.isOpen)
      .returning(COLUMNS)
      .executeTakeFirst();
    if (taken) this.tokens.set(shard, taken.token);
    return taken && { ...taken, is_open: 1 };
  }
}

function leastAdvanced(rows: readonly (Row | undefined)[]): Row | undefined {
  return rows.reduce(
    (least, row) => (BigInt(row?.position ?? 0) < BigInt(least?.position ?? 0) ? row : least),
    rows[0],
  );
}

function leaseOf({ shard, shards, formerly, token, position, store_id }: Row): Lease {
  const former = formerly === null ? [] : overlapping(shard, shards, formerly);
  const checkpoint = position === null || store_id === null ? undefined : { position: BigInt(position), store_id };
  return { shard, shards, former, formerly: formerly ?? undefined, token, checkpoint };
}
