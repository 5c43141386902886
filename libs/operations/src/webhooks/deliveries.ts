import { type RawBuilder, sql } from 'kysely';
import { isHeld, type LeaseHolder, UnknownCursor } from '#database';
import { type ItemLease, Queue } from '../queue.js';
import type { Db, WebhookDeliveriesTable } from '../schema.js';

/** A delivery as the API shows it. */
export type Delivery = Omit<WebhookDeliveriesTable, 'place' | 'news_id'> & { readonly event_id: string };

/** One event to deliver to one webhook. */
export interface ToDeliver extends Pick<
  WebhookDeliveriesTable,
  'id' | 'webhook_id' | 'news_id' | 'type' | 'customer_id' | 'revision'
> {
  readonly position: bigint;
  /** Its number among the deliveries of one recorded event. */
  readonly part: number;
}

export type Due = Pick<
  WebhookDeliveriesTable,
  'id' | 'webhook_id' | 'news_id' | 'type' | 'customer_id' | 'revision' | 'created_at' | 'attempts' | 'first_at'
>;

/** The result of an attempt. Times are ISO instants. */
export type Result = Pick<
  WebhookDeliveriesTable,
  'state' | 'attempts' | 'due_at' | 'first_at' | 'last_at' | 'status' | 'error' | 'duration_ms'
>;

export interface DeliveryPage {
  readonly deliveries: readonly Delivery[];
  readonly has_more: boolean;
}

/** The name of the follower that writes deliveries in the transaction of its checkpoint. */
export const WEBHOOKS = 'webhooks';

const ROWS_MAX = 200;
const POSITION_DIGITS = 20;
const PART_DIGITS = 4;
const AFRESH = { state: 'waiting', attempts: 0, first_at: null } as const;

/** The outbox and log of webhooks. */
export class Deliveries {
  constructor(
    private readonly db: Db,
    private readonly now_ms: RawBuilder<number>,
  ) {}

  /** The queue of webhooks with due deliveries, the one that was served the longest time ago first. */
  queue(holder: LeaseHolder, now: () => string): Queue {
    const isDue = () => sql<boolean>`is_active = 1 and exists (select 1 from webhook_deliveries
      where webhook_id = webhooks.id and state = 'waiting' and due_at <= ${now()})`;
    return new Queue(this.db, this.now_ms, holder, { table: 'webhooks', isDue, order: sql`lease_until_ms, id` });
  }

  /** Adds deliveries in the caller's transaction; existing ones stay as they are. */
  async add(tx: Db, all: readonly ToDeliver[], now: string): Promise<void> {
    for (let from = 0; from < all.length; from += ROWS_MAX) {
      const rows = all.slice(from, from + ROWS_MAX).map(({ position, part, ...one }) => ({
        ...one,
        place: `${placeOf(position)}.${String(part).padStart(PART_DIGITS, '0')}`,
        state: 'waiting' as const,
        attempts: 0,
        created_at: now,
        due_at: now,
      }));
      await tx
        .insertInto('webhook_deliveries')
        .values(rows)
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute();
    }
  }

  /** Discards the customer's waiting deliveries of events before a position, in the caller's transaction. */
  async discard(tx: Db, customer_id: string, before: bigint): Promise<void> {
    await tx
      .updateTable('webhook_deliveries')
      .set({ state: 'discarded', error: 'customer_erased' })
      .where('customer_id', '=', customer_id)
      .where('state', '=', 'waiting')
      .where('place', '<', placeOf(before))
      .execute();
  }

  /** The deliveries that are due by now, in the order of the history. */
  async due(webhook_id: string, now: string, limit: number): Promise<Due[]> {
    const query = this.db
      .selectFrom('webhook_deliveries')
      .select(['id', 'webhook_id', 'news_id', 'type', 'customer_id', 'revision', 'created_at', 'attempts', 'first_at'])
      .where('webhook_id', '=', webhook_id)
      .where('state', '=', 'waiting')
      .where('due_at', '<=', now);
    return query.orderBy('place').limit(limit).execute();
  }

  /**
   * Notes a result under the lease of the webhook; false, without effect, when that is lost, or the delivery was
   * discarded or resent meanwhile.
   */
  async note({ id, attempts }: Pick<Due, 'id' | 'attempts'>, lease: ItemLease, result: Result): Promise<boolean> {
    const { numUpdatedRows } = await this.db
      .updateTable('webhook_deliveries')
      .set(result)
      .where('id', '=', id)
      .where('state', '=', 'waiting')
      .where('attempts', '=', attempts)
      .where('webhook_id', 'in', (row) =>
        row.selectFrom('webhooks').select('webhooks.id').where('webhooks.id', '=', lease.id).where(isHeld(lease)),
      )
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  }

  /** Lists the newest first; `starting_after` is the id of a delivery. Throws UnknownCursor. */
  async list(
    webhook_id: string,
    filter: { limit: number; state?: WebhookDeliveriesTable['state'] | undefined; starting_after?: string | undefined },
  ): Promise<DeliveryPage> {
    const { limit, state, starting_after } = filter;
    let query = this.db.selectFrom('webhook_deliveries').selectAll().where('webhook_id', '=', webhook_id);
    if (state !== undefined) query = query.where('state', '=', state);
    if (starting_after !== undefined) query = query.where('place', '<', await this.place(webhook_id, starting_after));
    const rows = await query
      .orderBy('place', 'desc')
      .limit(limit + 1)
      .execute();
    return { deliveries: rows.slice(0, limit).map(shown), has_more: rows.length > limit };
  }

  private async place(webhook_id: string, id: string): Promise<string> {
    const query = this.db.selectFrom('webhook_deliveries').select('place').where('id', '=', id);
    const found = await query.where('webhook_id', '=', webhook_id).executeTakeFirst();
    if (!found) throw new UnknownCursor(id);
    return found.place;
  }

  /** Starts over from the first attempt; undefined when there is no such delivery. */
  async resend(webhook_id: string, id: string, now: string): Promise<Delivery | undefined> {
    const query = this.db
      .updateTable('webhook_deliveries')
      .set({ ...AFRESH, due_at: now })
      .where('webhook_id', '=', webhook_id)
      .where('id', '=', id);
    const row = await query.returningAll().executeTakeFirst();
    return row && shown(row);
  }

  /** Resends the failed deliveries created at `since` or later; returns their number. */
  async resendFailed(webhook_id: string, since: string, now: string): Promise<number> {
    const { numUpdatedRows } = await this.db
      .updateTable('webhook_deliveries')
      .set({ ...AFRESH, due_at: now })
      .where('webhook_id', '=', webhook_id)
      .where('state', '=', 'failed')
      .where('created_at', '>=', since)
      .executeTakeFirst();
    return Number(numUpdatedRows);
  }

  /** True when more than `max` deliveries wait. */
  async waitMoreThan(webhook_id: string, max: number): Promise<boolean> {
    const query = this.db
      .selectFrom('webhook_deliveries')
      .select('id')
      .where('webhook_id', '=', webhook_id)
      .where('state', '=', 'waiting');
    return (await query.offset(max).limit(1).execute()).length > 0;
  }

  /** Deletes finished deliveries that are older than `before`, or beyond the newest `count_max` of the webhook. */
  async trim(webhook_id: string, before: string, count_max: number): Promise<void> {
    const over = this.db
      .deleteFrom('webhook_deliveries')
      .where('webhook_id', '=', webhook_id)
      .where('state', '!=', 'waiting');
    await over.where('created_at', '<', before).execute();
    const query = this.db.selectFrom('webhook_deliveries').select('place').where('webhook_id', '=', webhook_id);
    const [last] = await query.orderBy('place', 'desc').offset(count_max).limit(1).execute();
    if (last) await over.where('place', '<=', last.place).execute();
  }

  /** Deletes deliveries that were added while their webhook was being removed. */
  async sweep(): Promise<void> {
    await this.db
      .deleteFrom('webhook_deliveries')
      .where('webhook_id', 'not in', (row) => row.selectFrom('webhooks').select('webhooks.id'))
      .execute();
  }
}

const placeOf = (position: bigint): string => String(position).padStart(POSITION_DIGITS, '0');

function shown({ place: _, news_id, ...row }: WebhookDeliveriesTable): Delivery {
  return { ...row, event_id: news_id };
}
