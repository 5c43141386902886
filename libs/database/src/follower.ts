import type { Kysely } from 'kysely';
import { CUSTOMER_STREAMS, customerIn } from '#customer';
import type { EventBatch, EventStore, Position, RecordedEvent } from '#event-store';
import { backoff_ms, sleep } from '#flow';
import type { Checkpoint } from './checkpoint.js';
import { type Lease, type Leases, Fenced } from './leases.js';
import type { LeaseTables } from './lease-tables.js';
import { shardOf } from './shard.js';

export interface FollowerOptions {
  readonly batch_size_max: number;
  /** Only events of these types. */
  readonly types?: readonly string[];
  /** Events up to this position are skipped, whatever the checkpoints say. */
  readonly since?: Position;
  /** Small batches come at least this far apart, so that events collect into fewer transactions; 10 by default. */
  readonly interval_ms?: number;
  /** Batches of at least this many events are not delayed; 200 by default. */
  readonly batch_size_large?: number;
  /** Called before another attempt; `tries` counts the failures in a row. */
  readonly onError?: (error: unknown, tries: number) => void;
}

export type Followed = Pick<EventStore, 'follow' | 'identity'>;

/** The checkpoints belong to another event store. */
export class WrongStore extends Error {
  constructor(
    readonly expected: string,
    readonly actual: string,
  ) {
    super(
      `the tables were filled from event store ${expected}, not from ${actual}: bring back its store or make them anew`,
    );
  }
}

const LARGE_BATCH = 200;
const INTERVAL_MS = 10;
const RETRIES = { first_ms: 50, last_ms: 10_000 };

/** The shards whose leases this instance holds, with their checkpoints, until the set changes. */
export class LeaseSession {
  constructor(
    private readonly leases: Leases,
    private current: readonly Lease[],
    readonly store_id: string,
  ) {}

  get held(): readonly Lease[] {
    return this.current;
  }

  /** True when this instance holds every shard. */
  get isWhole(): boolean {
    return this.held.length > 0 && this.held.length === this.held[0]?.shards;
  }

  /** The position up to which all of our shards are done; undefined while one has not begun. */
  get position(): Position | undefined {
    let least: Position | undefined;
    for (const { checkpoint } of this.held) {
      if (checkpoint === undefined) return undefined;
      if (least === undefined || checkpoint.position < least) least = checkpoint.position;
    }
    return least;
  }

  /** The lease on the customer's shard; undefined when another instance holds it. */
  shardOf(customerId: string): Lease | undefined {
    const [first] = this.held;
    if (first === undefined) return undefined;
    const shard = shardOf(customerId, first.shards);
    return this.held.find((one) => one.shard === shard);
  }

  /** True when the database says that we still hold the shard. */
  owns(lease: Lease): Promise<boolean> {
    return this.leases.owns(lease);
  }

  /** The events that belong to our shards and come after their checkpoints. */
  mine(events: readonly RecordedEvent[]): readonly RecordedEvent[] {
    const isLevel = this.held.every(({ checkpoint }) => checkpoint?.position === this.held[0]?.checkpoint?.position);
    if (this.isWhole && isLevel) return events;
    return events.filter(({ stream, position }) => {
      const lease = this.shardOf(customerIn(stream));
      return lease !== undefined && (lease.checkpoint === undefined || lease.checkpoint.position < position);
    });
  }

  /** Does the work and moves the checkpoints in one transaction. Throws Fenced, and rolls back, after a takeover. */
  async commit<T extends LeaseTables, R>(
    db: Kysely<T>,
    position: Position,
    work: (tx: Kysely<T>) => Promise<R>,
  ): Promise<R> {
    const to: Checkpoint = { position, store_id: this.store_id };
    const result = await db.transaction().execute(async (tx) => {
      await this.leases.advance(tx, this.held, to);
      return work(tx);
    });
    this.current = this.held.map((one) =>
      (one.checkpoint?.position ?? -1n) < position ? { ...one, checkpoint: to } : one,
    );
    return result;
  }
}

/** Follows the customers of its shards from their checkpoints, and starts over when the leases change. */
export class Follower {
  constructor(
    private readonly store: Followed,
    private readonly leases: Leases,
    private readonly options: FollowerOptions,
  ) {}

  /** Takes its fair share of the free shards. Throws WrongStore. */
  async begin(): Promise<LeaseSession> {
    const store_id = await this.store.identity();
    const held = await this.leases.tick();
    const foreign = held.find(({ checkpoint }) => checkpoint !== undefined && checkpoint.store_id !== store_id);
    if (foreign?.checkpoint) throw new WrongStore(foreign.checkpoint.store_id, store_id);
    return new LeaseSession(this.leases, held, store_id);
  }

  /**
   * Runs until the signal aborts, and retries failures after growing pauses. `take` sees batches in order and must
   * commit each one with `session.commit`; `session.mine` selects the events of its shards. Throws WrongStore.
   */
  async run(signal: AbortSignal, take: (batch: EventBatch, session: LeaseSession) => Promise<void>): Promise<void> {
    for (let failures = 1; !signal.aborted; failures++) {
      const error = await this.serve(signal, async (batch, session) => {
        await take(batch, session);
        failures = 1;
      });
      if (signal.aborted) break;
      if (error instanceof WrongStore) throw error;
      if (error !== undefined && !(error instanceof Fenced)) this.options.onError?.(error, failures);
      await sleep(backoff_ms(failures, RETRIES), signal);
    }
    // so that other instances need not wait for the leases to expire
    await this.leases.release().catch(() => undefined);
  }

  /** One session. Returns the error that ended it; undefined when the store's subscription or the leases ended it. */
  private async serve(
    signal: AbortSignal,
    take: (batch: EventBatch, session: LeaseSession) => Promise<void>,
  ): Promise<unknown> {
    const over = new AbortController();
    const until = AbortSignal.any([signal, over.signal]);
    let keeping: Promise<unknown> = Promise.resolve();
    try {
      const session = await this.begin();
      const ours = signatureOf(session.held);
      // leases are renewed until the batch in progress is done; an instance without shards stops at once
      const kept = session.held.length === 0 ? until : over.signal;
      keeping = this.leases.keep(kept, (held, error) => {
        if (error !== undefined || signatureOf(held) !== ours) over.abort();
      });
      if (session.held.length === 0) await keeping;
      else await this.follow(session, until, take);
      return undefined;
    } catch (error) {
      return error;
    } finally {
      over.abort();
      await keeping;
    }
  }

  private async follow(
    session: LeaseSession,
    signal: AbortSignal,
    take: (batch: EventBatch, session: LeaseSession) => Promise<void>,
  ): Promise<void> {
    const { batch_size_max, types, since, interval_ms = INTERVAL_MS, batch_size_large = LARGE_BATCH } = this.options;
    // a follower of few types needs no progress between its events
    const filter = { prefixes: [CUSTOMER_STREAMS], ...(types && { types, isSparse: true }), batch_size_max, signal };
    const { position } = session;
    const after = since !== undefined && since > (position ?? -1n) ? since : position;
    for await (const batch of this.store.follow(after, filter)) {
      const started_ms = performance.now();
      await take(batch, session);
      const left_ms = interval_ms - (performance.now() - started_ms);
      if (batch.events.length < batch_size_large && left_ms >= 1) await sleep(left_ms, signal);
    }
  }
}

const signatureOf = (held: readonly Lease[]): string =>
  held.map(({ shard, shards, token }) => `${shard}/${shards}:${token}`).join(' ');
