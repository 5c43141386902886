import type { Kysely, RawBuilder } from 'kysely';
import { isHeld, type LeaseColumns, type LeaseHolder, LeaseSql } from '#database';
import type { Db } from './schema.js';

/** A lease on one item: writes under it carry its owner and token. */
export interface ItemLease extends Pick<LeaseColumns, 'owner' | 'token'> {
  readonly id: string;
}

type ItemTable = 'jobs' | 'webhooks';

export interface QueueOptions {
  /** The table of the items. */
  readonly table: ItemTable;
  /** True for an item with work to do now. */
  readonly isDue: () => RawBuilder<boolean>;
  /** The order in which items are claimed. */
  readonly order: RawBuilder<unknown>;
}

/**
 * A durable queue in a table, for one instance: an item has one worker at a time, and goes to another one when its worker
 * stops renewing the lease.
 */
export class Queue {
  private readonly db: Kysely<Record<ItemTable, LeaseColumns & { id: string }>>;
  private readonly lease: LeaseSql;

  constructor(
    db: Db,
    now_ms: RawBuilder<number>,
    private readonly holder: LeaseHolder,
    private readonly options: QueueOptions,
  ) {
    this.db = db as unknown as typeof this.db;
    this.lease = new LeaseSql(now_ms, holder);
  }

  /** The duration of a lease without a renewal. */
  get lease_ms(): number {
    return this.holder.lease_ms;
  }

  /** Takes the leases of at most `limit` due items, except the `held` ones, which this instance works on already. */
  async claim(limit: number, held: readonly string[] = []): Promise<ItemLease[]> {
    const { table, isDue, order } = this.options;
    const open = this.db.selectFrom(table).select('id').where(isDue()).where(this.lease.isOpen);
    const others = held.length > 0 ? open.where('id', 'not in', held) : open;
    const leases: ItemLease[] = [];
    // one row at a time: claims of several rows could wait for each other, and a look that finds nothing writes nothing
    for (const { id } of await others.orderBy(order).limit(limit).execute()) {
      const change = this.db.updateTable(table).set(this.lease.taken).where('id', '=', id);
      const taken = change.where(isDue()).where(this.lease.isOpen).returning(['id', 'owner', 'token']);
      leases.push(...(await taken.execute()));
    }
    return leases;
  }

  /** Renews the leases; returns the ids of those that are not lost. */
  async renew(leases: readonly ItemLease[]): Promise<string[]> {
    if (leases.length === 0) return [];
    const change = this.db.updateTable(this.options.table).set({ lease_until_ms: this.lease.until });
    const ours = change.where((row) => row.or(leases.map(({ id, owner, token }) => row.and({ id, owner, token }))));
    return (await ours.returning('id').execute()).map(({ id }) => id);
  }

  /** Frees the item, so that others need not wait for the lease to expire; does nothing after a takeover. */
  async release(lease: ItemLease): Promise<void> {
    const change = this.db.updateTable(this.options.table).set({ owner: null });
    await change.where('id', '=', lease.id).where(isHeld(lease)).execute();
  }
}
