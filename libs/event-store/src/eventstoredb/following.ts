import { type AllStreamSubscription, type EventStoreDBClient, eventTypeFilter } from '@eventstore/db-client';
import { backoff_ms, inTime, sleep } from '#flow';
import type { EventBatch, FollowOptions, Position, RecordedEvent } from '../event-store.js';
import type { Connection } from './connection.js';
import { placeOf } from './reading.js';
import { positionOf, recordOf, type Resolved } from './record.js';

export interface FollowingOptions {
  /** A call behind others in the queue is never confirmed, and reports nothing. */
  readonly confirmation_ms_max: number;
  /** Silence after which the head is compared. */
  readonly silence_ms_max: number;
}

const PAUSES = { first_ms: 100, last_ms: 30_000 };
const CANCEL_MS_MAX = 2_000;
/** Events received ahead of the consumer. */
const BUFFER_MAX = 1_024;

/**
 * Everything after a position, over as many subscriptions as needed: the client never subscribes again by itself. Only
 * sparse followers filter on the server: with a filter, a follower that has caught up learns its progress only now and
 * then, and readers wait for it. `head` distinguishes a silent subscription from a quiet store.
 */
export async function* follow(
  { reader, credentials }: Connection,
  head: () => Promise<Position>,
  after: Position,
  follower: FollowOptions,
  options: FollowingOptions,
): AsyncGenerator<EventBatch> {
  const { signal, batch_size_max } = follower;
  let position = after;
  for (let failures = 1; !signal.aborted; failures++) {
    const subscription = new Subscription(reader, { credentials, after: position, types: sparse(follower) }, options);
    try {
      for (;;) {
        const events = await subscription.take(batch_size_max, signal, head);
        if (events === undefined) break;
        // only now: what was taken before has been dealt with
        position = positionOf(events.at(-1) as Resolved);
        failures = 1;
        yield { events: events.flatMap((one) => wanted(recordOf(one), follower)), position };
      }
    } finally {
      subscription.end();
    }
    await sleep(backoff_ms(failures, PAUSES), signal);
  }
}

const sparse = ({ isSparse, types }: FollowOptions): readonly string[] | undefined =>
  isSparse === true ? types : undefined;

function wanted(record: RecordedEvent | undefined, { prefixes, types }: FollowOptions): RecordedEvent[] {
  if (record === undefined) return [];
  const isWanted =
    (prefixes?.some((prefix) => record.stream.startsWith(prefix)) ?? true) && (types?.includes(record.type) ?? true);
  return isWanted ? [record] : [];
}

interface Wanted {
  readonly credentials: Connection['credentials'];
  readonly after: Position;
  readonly types: readonly string[] | undefined;
}

/** One subscription until its end. */
class Subscription {
  readonly #stream: AllStreamSubscription;
  readonly #options: FollowingOptions;
  #buffer: Resolved[] = [];
  #newest: Position;
  #isOver = false;
  #isConfirmed = false;
  #wake: () => void = () => undefined;

  constructor(client: EventStoreDBClient, { credentials, after, types }: Wanted, options: FollowingOptions) {
    this.#newest = after;
    this.#options = options;
    this.#stream = client.subscribeToAll({
      fromPosition: placeOf(after),
      credentials,
      ...(types && { filter: this.#filter(types) }),
    });
    this.#stream.on('confirmation', () => (this.#isConfirmed = true));
    this.#stream.on('data', (resolved: Resolved) => this.#hold(resolved));
    // an error, and also an end without one: both require a new subscription
    for (const end of ['error', 'end', 'close'] as const) this.#stream.on(end, () => this.#over());
  }

  /** The received events, at least one; undefined at the end. */
  async take(count: number, signal: AbortSignal, head: () => Promise<Position>): Promise<Resolved[] | undefined> {
    while (this.#buffer.length === 0) {
      if (this.#isOver || signal.aborted) return undefined;
      const { confirmation_ms_max, silence_ms_max } = this.#options;
      const isWoken = await this.#waits(this.#isConfirmed ? silence_ms_max : confirmation_ms_max, signal);
      if (!isWoken && (!this.#isConfirmed || (await this.#isStalled(head)))) return undefined;
    }
    const taken = this.#buffer.slice(0, count);
    this.#buffer = this.#buffer.slice(count);
    if (this.#buffer.length < BUFFER_MAX / 2) this.#stream.resume();
    return taken;
  }

  end(): void {
    this.#isOver = true;
    void inTime(CANCEL_MS_MAX, this.#stream.unsubscribe()).catch(() => undefined);
  }

  /** Checkpoints only prove activity: the events before them may still be in the buffer. */
  #filter(types: readonly string[]): ReturnType<typeof eventTypeFilter> {
    const checkpointReached = async (_: unknown, { commit }: { readonly commit: Position }): Promise<void> => {
      this.#newest = commit > this.#newest ? commit : this.#newest;
    };
    return eventTypeFilter({ prefixes: [...types], checkpointReached });
  }

  #hold(resolved: Resolved): void {
    this.#buffer.push(resolved);
    this.#newest = positionOf(resolved);
    if (this.#buffer.length >= BUFFER_MAX) this.#stream.pause();
    this.#wake();
  }

  #over(): void {
    this.#isOver = true;
    this.#wake();
  }

  /** False when nothing happened for so long. */
  async #waits(ms_max: number, signal: AbortSignal): Promise<boolean> {
    const woken = new Promise<true>((resolve) => (this.#wake = () => resolve(true)));
    const abort = (): void => this.#wake();
    signal.addEventListener('abort', abort, { once: true });
    try {
      return (await inTime(ms_max, woken)) ?? false;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** True when there are more events and none arrives, before the question or for some time after it. */
  async #isStalled(head: () => Promise<Position>): Promise<boolean> {
    const before = this.#newest;
    const there = await head().catch(() => before);
    if (there <= before) return false;
    await sleep(Math.min(1_000, this.#options.silence_ms_max));
    return this.#newest === before;
  }
}
