import { randomBytes } from 'node:crypto';
import { type LeaseColumns, UNLEASED } from '#database';
import type { Db, WebhooksTable } from '../schema.js';

export type DisabledReason = NonNullable<WebhooksTable['disabled_reason']>;

/** A subscription to events. `secret` is encrypted by the service. */
export interface Webhook extends Omit<WebhooksTable, 'events' | 'is_active' | 'since' | keyof LeaseColumns> {
  readonly events: readonly string[];
  readonly active: boolean;
  /** The webhook gets events after this position. */
  readonly since: bigint;
}

/** A change of a webhook; omitted fields stay as they are. */
export interface WebhookChange {
  readonly target_url?: string | undefined;
  readonly events?: readonly string[] | undefined;
  readonly secret?: string | undefined;
  /** Enables the webhook: waiting deliveries are sent, events up to `since` while it was off are not. */
  readonly on?: { readonly since: bigint };
  readonly off?: { readonly reason: DisabledReason | null };
}

/** Webhooks are rows, so that any instance can show them. */
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
      ...UNLEASED,
    };
    await this.db.insertInto('webhooks').values(row).execute();
    return shown(row);
  }

  /** Lists all webhooks, the oldest first: they are few. */
  async list(): Promise<Webhook[]> {
    const rows = await this.db.selectFrom('webhooks').selectAll().orderBy('created_at').orderBy('id').execute();
    return rows.map(shown);
  }

  async find(id: string): Promise<Webhook | undefined> {
    const row = await this.db.selectFrom('webhooks').selectAll().where('id', '=', id).executeTakeFirst();
    return row && shown(row);
  }

  /** Undefined when there is no such webhook. */
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

  /** Removes a webhook and its deliveries; false when there is no such webhook. */
  async remove(id: string): Promise<boolean> {
    return this.db.transaction().execute(async (tx) => {
      await tx.deleteFrom('webhook_deliveries').where('webhook_id', '=', id).execute();
      const { numDeletedRows } = await tx.deleteFrom('webhooks').where('id', '=', id).executeTakeFirst();
      return numDeletedRows === 1n;
    });
  }
}

function shown(stored: WebhooksTable): Webhook {
  const { events, is_active, since, owner: _, token: __, lease_until_ms: ___, ...row } = stored;
  return { ...row, events: JSON.parse(events) as string[], active: is_active === 1, since: BigInt(since) };
}
