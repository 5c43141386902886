import { Injectable } from '@nestjs/common';
import type { Batch } from '#event-store';
import { Follower, type Holding, type Tenure } from '#read-model';
import { Broker, type Outlet } from '../broker.js';
import { type CustomerNews, type CustomerSnapshot, Feed, type News } from '../feed/feed.js';
import { Surroundings } from '../surroundings.js';
import { outgoing } from './outgoing.js';

/** A shard's way out, and how far the broker has it. */
interface Open {
  readonly outlet: Outlet;
  position: bigint | undefined;
}

const BATCH_SIZE_MAX = 1_000;
/** A Kafka transaction costs some round trips, whatever is in it. */
const INTERVAL_MS = 50;
const TROUBLED_TRIES = 3;

/** Follows the customers of its shards and publishes what happens to them; its checkpoints move behind what the broker has acknowledged. */
@Injectable()
export class Publisher {
  private trouble: string | undefined;
  private readonly stopping = new AbortController();
  private readonly outlets = new Map<string, Open>();
  private readonly feed: Feed;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly surroundings: Surroundings,
    private readonly broker: Broker,
  ) {
    this.feed = new Feed(surroundings, surroundings.config.CACHE_ENTITIES_MAX);
  }

  /** Why nothing is published at the moment. */
  get warning(): string | undefined {
    return this.broker.trouble ?? this.trouble;
  }

  start(): void {
    const { config, model, store, log } = this.surroundings;
    const leases = model.leases({ work: 'publisher', ...config.lease, shards: config.SHARDS });
    const follower = new Follower(store, leases, {
      batch_size_max: BATCH_SIZE_MAX,
      interval_ms: INTERVAL_MS,
      onTrouble: (error, tries) => this.troubled(error, tries),
    });
    const { signal } = this.stopping;
    this.running = this.broker
      .prepare(signal)
      .then(() => follower.run(signal, (batch, tenure) => this.publish(batch, tenure)))
      .catch((error: unknown) => {
        this.trouble = 'The publisher stopped: its checkpoints belong to another event store';
        log.error({ err: error }, 'publisher ended');
      });
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await this.keepOnly(new Set());
  }

  private async publish(batch: Batch, tenure: Tenure): Promise<void> {
    const { model, metrics } = this.surroundings;
    await this.keepOnly(new Set(tenure.holdings.map(nameOf)));
    const events = tenure.mine(batch.events);
    await this.sendAll(shardsOf(await this.feed.tell(events), tenure), tenure, batch.position);
    await tenure.commit(model.db, batch.position, () => Promise.resolve());
    this.trouble = undefined;
    metrics.publisherShards.set(tenure.holdings.length);
    const recorded_at = events.at(-1)?.metadata['recorded_at'];
    if (typeof recorded_at === 'string')
      metrics.publisherLagSeconds.set((Date.now() - Date.parse(recorded_at)) / 1_000);
  }

  /** Each shard in a transaction of its own, so that the broker can tell its owner from a former one. */
  private async sendAll(news: ReadonlyMap<Holding, News>, tenure: Tenure, position: bigint): Promise<void> {
    const sent = await Promise.allSettled([...news].map(([holding, one]) => this.send(holding, one, tenure, position)));
    const failed = sent.find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
  }

  private async send(holding: Holding, news: News, tenure: Tenure, position: bigint): Promise<void> {
    const open = await this.open(holding, tenure);
    const messages = outgoing(beyond(news, open.position));
    if (messages.length === 0) return;
    try {
      await open.outlet.publish(messages, position);
    } catch (error) {
      // the broker may have it or not: asked again at the next try
      this.outlets.delete(nameOf(holding));
      await open.outlet.close();
      throw error;
    }
    open.position = position;
    for (const { topic } of messages) this.surroundings.metrics.published.inc({ topic });
  }

  private async open(holding: Holding, tenure: Tenure): Promise<Open> {
    const name = nameOf(holding);
    const known = this.outlets.get(name);
    if (known) return known;
    const outlet = this.broker.outlet(holding, { store_id: tenure.store_id, isOwner: () => tenure.owns(holding) });
    const opened = { outlet, position: await outlet.position() };
    this.outlets.set(name, opened);
    return opened;
  }

  private async keepOnly(names: ReadonlySet<string>): Promise<void> {
    const leaving = [...this.outlets].filter(([name]) => !names.has(name));
    for (const [name] of leaving) this.outlets.delete(name);
    await Promise.allSettled(leaving.map(([, { outlet }]) => outlet.close()));
  }

  private troubled(error: unknown, tries: number): void {
    const { metrics, log } = this.surroundings;
    metrics.publisherFailures.inc();
    log.warn({ err: error, tries }, 'publishing failed, trying again');
    if (tries >= TROUBLED_TRIES) this.trouble = 'The publisher cannot reach Kafka and keeps trying';
  }
}

const nameOf = ({ shard, shards, token }: Holding): string => `${shard}/${shards}/${token}`;

/** What the broker does not have yet. */
const beyond = ({ events, customers }: News, position = -1n): News => ({
  events: events.filter((one) => one.position > position),
  customers: customers.filter((one) => one.position > position),
});

function shardsOf({ events, customers }: News, tenure: Tenure): Map<Holding, News> {
  const own = (holding: Holding) => (one: CustomerNews | CustomerSnapshot) =>
    tenure.shardOf(one.customer_id)?.shard === holding.shard;
  return new Map(
    tenure.holdings.map((one) => [one, { events: events.filter(own(one)), customers: customers.filter(own(one)) }]),
  );
}
