import { randomBytes } from 'node:crypto';
import type { Db, WebhooksTable } from '../schema.js';

export type DisabledReason = NonNullable<WebhooksTable['disabled_reason']>;

/** Who is told what. `secret` is as the service sealed it. */
export interface Webhook extends Omit<WebhooksTable, 'events' | 'is_active' | 'since'> {
  readonly events: readonly string[];
  readonly active: boolean;
  /** News after this position are for it. */
  readonly since: bigint;
}

/** What is left out stays as it is. Times are ISO instants. */
export interface WebhookChange {
  readonly target_url?: string | undefined;
  readonly events?: readonly string[] | undefined;
  readonly secret?: string | undefined;
  /** From now on: what is waiting is sent, what happened up to `since` while it was off is not. */
  readonly on?: { readonly since: bigint };
  readonly off?: { readonly reason: DisabledReason | null };
}

/** Webhooks as rows, so that any instance can be asked. */
export class Webhooks {
  constructor(private readonly db: Db) {}

  async add(made: Pick<Webhook, 'target_url' | 'events' | 'secret' | 'since' | 'created_at'>): Promise<Webhook> {
    const row: WebhooksTable = {
      ...made,
      id: `wh_${randomBytes(9).toString('hex')}`,
      events: JSON.stringify(made.events),
      since: String(made.since),
      is_active: 1,
      disabled_reason: null,
      disabled_at: null,
      updated_at: null,
    };
    await this.db.insertInto('webhooks').values(row).execute();
    return shown(row);
  }

  /** All of them, the oldest first: there are few. */
  async list(): Promise<Webhook[]> {
    const rows = await this.db.selectFrom('webhooks').selectAll().orderBy('created_at').orderBy('id').execute();
    return rows.map(shown);
  }

  async find(id: string): Promise<Webhook | undefined> {
    const row = await this.db.selectFrom('webhooks').selectAll().where('id', '=', id).executeTakeFirst();
    return row && shown(row);
  }

  /** Undefined when there is none. */
  async change(id: string, change: WebhookChange, now: string): Promise<Webhook | undefined> {
    const { target_url, events, secret, on, off } = change;
    const set: Partial<WebhooksTable> = {
      updated_at: now,
      ...(target_url !== undefined && { target_url }),
      ...(events !== undefined && { events: JSON.stringify(events) }),
      ...(secret !== undefined && { secret }),
      ...(on && { is_active: 1, disabled_reason: null, disabled_at: null, since: String(on.since) }),
      ...(off && { is_active: 0, disabled_reason: off.reason, disabled_at: now }),
    };
    await this.db.updateTable('webhooks').set(set).where('id', '=', id).execute();
    return this.find(id);
  }

  /** With its deliveries; false when there is none. */
  async remove(id: string): Promise<boolean> {
    return this.db.transaction().execute(async (tx) => {
      await tx.deleteFrom('webhook_deliveries').where('webhook_id', '=', id).execute();
      const { numDeletedRows } = await tx.deleteFrom('webhooks').where('id', '=', id).executeTakeFirst();
      return numDeletedRows === 1n;
    });
  }
}

function shown({ events, is_active, since, ...row }: WebhooksTable): Webhook {
  return { ...row, events: JSON.parse(events) as string[], active: is_active === 1, since: BigInt(since) };
}
