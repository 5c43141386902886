import { Injectable } from '@nestjs/common';
import type { Outgoing } from '#messaging';
import type { Batch } from '#event-store';
import { Follower, type Holding, type Tenure } from '#read-model';
import { Broker, type Outlet } from '../broker.js';
import { Feed } from '../feed/feed.js';
import { Surroundings } from '../surroundings.js';
import { outgoing } from './outgoing.js';

const BATCH_SIZE_MAX = 1_000;
/** A Kafka transaction costs some round trips, whatever is in it. */
const INTERVAL_MS = 50;
const TROUBLED_TRIES = 3;

/** Follows the customers of its shards and publishes what happens to them; its checkpoints move behind what the broker has acknowledged. */
@Injectable()
export class Publisher {
  /** Why nothing is published at the moment. */
  trouble: string | undefined;
  private readonly stopping = new AbortController();
  private readonly outlets = new Map<string, Outlet>();
  private feed: Feed;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly surroundings: Surroundings,
    private readonly broker: Broker,
  ) {
    this.feed = this.newFeed();
  }

  start(): void {
    const { config, model, store, log } = this.surroundings;
    const leases = model.leases({ work: 'publisher', ...config.lease, shards: config.SHARDS });
    const follower = new Follower(store, leases, {
      batch_size_max: BATCH_SIZE_MAX,
      interval_ms: INTERVAL_MS,
      onTrouble: (error, tries) => this.troubled(error, tries),
    });
    this.running = follower
      .run(this.stopping.signal, (batch, tenure) => this.publish(batch, tenure))
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
    const byShard = shardsOf(outgoing(await this.feed.tell(events)), tenure);
    await this.sendAll(byShard);
    await tenure.commit(model.db, batch.position, () => Promise.resolve());
    this.trouble = undefined;
    metrics.publisherShards.set(tenure.holdings.length);
    const recorded_at = events.at(-1)?.metadata['recorded_at'];
    if (typeof recorded_at === 'string')
      metrics.publisherLagSeconds.set((Date.now() - Date.parse(recorded_at)) / 1_000);
  }

  /** Each shard in a transaction of its own, so that the broker can tell its owner from a former one. */
  private async sendAll(byShard: ReadonlyMap<Holding, readonly Outgoing[]>): Promise<void> {
    const sent = await Promise.allSettled(
      [...byShard].map(([holding, messages]) => this.outlet(holding).publish(messages)),
    );
    const failed = sent.find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
    for (const messages of byShard.values())
      for (const { topic } of messages) this.surroundings.metrics.published.inc({ topic });
  }

  private outlet(holding: Holding): Outlet {
    const name = nameOf(holding);
    const outlet = this.outlets.get(name) ?? this.broker.outlet(holding);
    this.outlets.set(name, outlet);
    return outlet;
  }

  private async keepOnly(names: ReadonlySet<string>): Promise<void> {
    const leaving = [...this.outlets].filter(([name]) => !names.has(name));
    for (const [name] of leaving) this.outlets.delete(name);
    await Promise.allSettled(leaving.map(([, outlet]) => outlet.close()));
  }

  private troubled(error: unknown, tries: number): void {
    const { metrics, log } = this.surroundings;
    metrics.publisherFailures.inc();
    log.warn({ err: error, tries }, 'publishing failed, trying again');
    if (tries >= TROUBLED_TRIES) this.trouble = 'The publisher cannot reach Kafka and keeps trying';
  }

  private newFeed(): Feed {
    return new Feed(this.surroundings, this.surroundings.config.CACHE_ENTITIES_MAX);
  }
}

const nameOf = ({ shard, shards, token }: Holding): string => `${shard}/${shards}/${token}`;

function shardsOf(messages: readonly Outgoing[], tenure: Tenure): Map<Holding, Outgoing[]> {
  const byShard = new Map<number, [Holding, Outgoing[]]>();
  for (const message of messages) {
    const holding = tenure.shardOf(message.key);
    if (!holding) continue;
    const [, own] = byShard.get(holding.shard) ?? [holding, []];
    own.push(message);
    byShard.set(holding.shard, [holding, own]);
  }
  return new Map(byShard.values());
}
