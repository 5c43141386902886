import type { EventBatch, Keyring } from '#event-store';
import { Follower, type Lease, type LeaseSession } from '#database';
import type { Broker, Producer } from '../broker.js';
import { type CustomerActivity, type CustomerSnapshot, Feed, type FeedPart } from '../feed/feed.js';
import type { FollowerParts } from '../follower-parts.js';
import { outgoing } from './outgoing.js';

/** The open producer of a shard, and its position at the broker. */
interface Open {
  readonly producer: Producer;
  position: bigint | undefined;
}

const BATCH_SIZE_MAX = 2_000;
/** Collects events for fewer, larger transactions, because each Kafka transaction costs round trips. */
const INTERVAL_MS = 150;

/** The report of a published batch. */
export interface Published {
  readonly events: number;
  readonly customers: number;
  readonly shards: number;
  /** The recording time of the newest event; undefined for an empty batch. */
  readonly recorded_at: string | undefined;
}

type Parts = Pick<FollowerParts, 'config' | 'store' | 'decoder' | 'model' | 'log'> & {
  readonly broker: Broker;
  readonly keyring: Pick<Keyring, 'forgetAll'>;
};

/** Publishes the events of the customers in its shards. Its checkpoints advance after the broker's acknowledgement. */
export class Publisher {
  private readonly producers = new Map<string, Open>();
  private readonly feed: Feed;

  constructor(
    private readonly parts: Parts,
    private readonly onBatch: (published: Published) => void,
    private readonly reports: { onError(error: unknown): void; onLeftOut(): void },
  ) {
    this.feed = new Feed(parts, parts.config.CACHE_ENTITIES_MAX, () => reports.onLeftOut());
  }

  /** Runs until the signal aborts. Throws WrongStore. */
  async run(signal: AbortSignal): Promise<void> {
    const { config, model, store, log, broker } = this.parts;
    await broker.prepare(signal, (error) => this.reports.onError(error));
    const leases = model.leases({ work: 'publisher', ...config.lease, shards: config.SHARDS });
    const follower = new Follower(store, leases, {
      batch_size_max: BATCH_SIZE_MAX,
      interval_ms: INTERVAL_MS,
      batch_size_large: BATCH_SIZE_MAX,
      onError: (error, tries) => {
        log.warn({ err: error, tries }, 'publishing failed, trying again');
        this.reports.onError(error);
      },
    });
    await follower.run(signal, (batch, session) => this.publish(batch, session));
    await this.keepOnly(new Set());
  }

  private async publish(batch: EventBatch, session: LeaseSession): Promise<void> {
    await this.keepOnly(new Set(session.held.map(nameOf)));
    const events = session.mine(batch.events);
    // earlier events of an erased customer must not be published with personal data
    if (events.some(({ type }) => type === 'CustomerErased')) this.parts.keyring.forgetAll();
    const part = await this.feed.describe(events);
    await this.sendAll(shardsOf(part, session), session, batch.position);
    await session.commit(this.parts.model.db, batch.position, () => Promise.resolve());
    const recorded_at = events.at(-1)?.metadata['recorded_at'];
    this.onBatch({
      events: part.events.length,
      customers: part.customers.length,
      shards: session.held.length,
      recorded_at: typeof recorded_at === 'string' ? recorded_at : undefined,
    });
  }

  /** Sends each shard in its own transaction, so that the broker can fence a former owner. */
  private async sendAll(parts: ReadonlyMap<Lease, FeedPart>, session: LeaseSession, position: bigint): Promise<void> {
    const sent = await Promise.allSettled([...parts].map(([lease, one]) => this.send(lease, one, session, position)));
    const failed = sent.find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
  }

  private async send(lease: Lease, part: FeedPart, session: LeaseSession, position: bigint): Promise<void> {
    const open = await this.open(lease, session);
    const messages = outgoing(beyond(part, open.position));
    if (messages.length === 0) return;
    try {
      await open.producer.publish(messages, position);
    } catch (error) {
      // the outcome is unknown: the next attempt asks the broker for its position
      this.producers.delete(nameOf(lease));
      await open.producer.close();
      throw error;
    }
    open.position = position;
  }

  private async open(lease: Lease, session: LeaseSession): Promise<Open> {
    const name = nameOf(lease);
    const known = this.producers.get(name);
    if (known) return known;
    const producer = this.parts.broker.producer(lease, {
      store_id: session.store_id,
      isOwner: () => session.owns(lease),
    });
    const opened = { producer, position: await producer.position() };
    this.producers.set(name, opened);
    return opened;
  }

  private async keepOnly(names: ReadonlySet<string>): Promise<void> {
    const leaving = [...this.producers].filter(([name]) => !names.has(name));
    for (const [name] of leaving) this.producers.delete(name);
    await Promise.allSettled(leaving.map(([, { producer }]) => producer.close()));
  }
}

const nameOf = ({ shard, shards, token }: Lease): string => `${shard}/${shards}/${token}`;

/** The part of a batch that the broker lacks. */
const beyond = ({ events, customers }: FeedPart, position = -1n): FeedPart => ({
  events: events.filter((one) => one.position > position),
  customers: customers.filter((one) => one.position > position),
});

function shardsOf({ events, customers }: FeedPart, session: LeaseSession): Map<Lease, FeedPart> {
  const own = (lease: Lease) => (one: CustomerActivity | CustomerSnapshot) =>
    session.shardOf(one.customer_id)?.shard === lease.shard;
  return new Map(
    session.held.map((one) => [one, { events: events.filter(own(one)), customers: customers.filter(own(one)) }]),
  );
}
