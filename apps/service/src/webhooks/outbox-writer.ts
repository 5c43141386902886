import { type CustomerEvent, customerIn } from '#customer';
import type { EventBatch, Decoder, EventStore, Keyring } from '#event-store';
import { Follower, type LeaseOptions, type LeaseSession } from '#database';
import { type Operations, type ToDeliver, type Webhook, WEBHOOKS } from '#operations';
import { type CustomerActivity, Feed } from '../feed/feed.js';
import type { Log } from '../ops/log.js';
import { deliveryId } from './signature.js';

export interface RecorderParts {
  readonly operations: Operations;
  readonly store: EventStore;
  readonly decoder: Decoder<CustomerEvent>;
  readonly keyring: Pick<Keyring, 'forgetAll'>;
  readonly log: Log;
}

const BATCH_SIZE_MAX = 1_000;
const INTERVAL_MS = 100;
const ENTITIES_MAX = 20_000;

/** Writes the deliveries for the customers in its shards, in one transaction with its checkpoint. */
export class OutboxWriter {
  private readonly feed: Feed;

  constructor(
    private readonly parts: RecorderParts,
    private readonly leases: Omit<LeaseOptions, 'work'>,
    private readonly reports: { onError(error: unknown): void; onLeftOut(): void },
  ) {
    this.feed = new Feed(parts, ENTITIES_MAX, () => reports.onLeftOut());
  }

  /** Runs until the signal aborts. Throws WrongStore. */
  async run(signal: AbortSignal): Promise<void> {
    const { operations, store } = this.parts;
    const leases = operations.leases({ ...this.leases, work: WEBHOOKS });
    const follower = new Follower(store, leases, {
      batch_size_max: BATCH_SIZE_MAX,
      interval_ms: INTERVAL_MS,
      since: earliest(await operations.webhooks.list()),
      onError: (error) => this.reports.onError(error),
    });
    await follower.run(signal, (batch, session) => this.take(batch, session));
  }

  private async take(batch: EventBatch, session: LeaseSession): Promise<void> {
    const { operations, keyring } = this.parts;
    const events = session.mine(batch.events);
    const erasures = events.filter(({ type }) => type === 'CustomerErased');
    if (erasures.length > 0) keyring.forgetAll();
    const webhooks = (await operations.webhooks.list()).filter(({ active }) => active);
    const wanted = webhooks.length === 0 ? [] : events.filter(({ position }) => position > earliest(webhooks));
    const items = toDeliver((await this.feed.describe(wanted)).events, webhooks);
    const now = new Date().toISOString();
    await session.commit(operations.db, batch.position, async (tx) => {
      await operations.deliveries.add(tx, items, now);
      for (const { stream, position } of erasures)
        await operations.deliveries.discard(tx, customerIn(stream), position);
    });
  }
}

const earliest = (webhooks: readonly Webhook[]): bigint =>
  webhooks.reduce((least, { since }) => (since < least ? since : least), webhooks[0]?.since ?? 0n);

/** Deliveries in the order of the history, for webhooks with this type that are older than the event; no fillers. */
export function toDeliver(activities: readonly CustomerActivity[], webhooks: readonly Webhook[]): ToDeliver[] {
  let part = 0;
  return activities.flatMap(({ id: news_id, type, customer_id, revision, position, is_filler }, index) => {
    part = activities[index - 1]?.position === position ? part + 1 : 0;
    if (is_filler) return [];
    const listeners = webhooks.filter(({ since, events }) => position > since && events.includes(type));
    return listeners.map(({ id: webhook_id }) => ({
      id: deliveryId(webhook_id, news_id),
      ...{ webhook_id, news_id, type, customer_id, revision, position, part },
    }));
  });
}
