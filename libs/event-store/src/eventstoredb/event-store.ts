import { randomUUID } from 'node:crypto';
import { inTime } from '#flow';
import {
  EventStore,
  PositionBeyondHead,
  StreamDeleted,
  WrongRevision,
  type EventBatch,
  type ExpectedRevision,
  type FollowOptions,
  type NewEvent,
  type Position,
  type ReadOptions,
  type Receipt,
  type RecordedEvent,
  type StreamName,
} from '../event-store.js';
import { connect, type Connection } from './connection.js';
import { follow, type FollowingOptions } from './following.js';
import { Reading, type ReadingOptions } from './reading.js';
import { typeOf } from './errors.js';
import { Writing, type WritingOptions } from './writing.js';

export interface EventStoreDbOptions
  extends Partial<WritingOptions>, Partial<ReadingOptions>, Partial<FollowingOptions> {
  /** `esdb://...`, with credentials and TLS settings. */
  readonly url: string;
}

const DEFAULTS = {
  append_timeout_ms: 5_000,
  append_deadline_ms: 20_000,
  appends_in_flight_max: 32,
  queue_events_max: 50_000,
  read_timeout_ms: 10_000,
  read_deadline_ms: 20_000,
  confirmation_ms_max: 15_000,
  silence_ms_max: 10_000,
};
const CLOSE_MS_MAX = 10_000;
const DISPOSE_MS_MAX = 2_000;
/** The id of its first event is the identity of the database. */
const IDENTITY_STREAM = 'ledger-identity';
const IDENTIFIED = 'LedgerIdentified';

/** The port on EventStoreDB or KurrentDB, with `@eventstore/db-client`. */
export class EventStoreDbEventStore extends EventStore {
  readonly #connection: Connection;
  readonly #reading: Reading;
  readonly #writing: Writing;
  readonly #options: typeof DEFAULTS;
  readonly #closing = new AbortController();
  #identity: Promise<string> | undefined;
  #closed: Promise<void> | undefined;

  private constructor(options: EventStoreDbOptions) {
    super();
    this.#options = { ...DEFAULTS, ...options };
    this.#connection = connect(options.url);
    this.#reading = new Reading(this.#connection, this.#options, () => this.#assertOpen());
    this.#writing = new Writing(this.#connection, this.#options);
  }

  /** Connects with the first call; only that call fails when the store is away. */
  static async open(options: EventStoreDbOptions): Promise<EventStoreDbEventStore> {
    return new EventStoreDbEventStore(options);
  }

  override async append(stream: StreamName, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Receipt> {
    this.#assertOpen();
    if (events.length === 0) return this.#judge(stream, expected);
    const { nextExpectedRevision, position } = await this.#writing.append(stream, expected, events);
    const revision = Number(nextExpectedRevision);
    if (position) return { revision, position: position.commit };
    // a server may report no position for a repeated append
    for await (const event of this.#reading.stream(stream, { from: revision, limit: 1 }))
      return { revision, position: event.position };
    throw new StreamDeleted(stream);
  }

  override async *read(stream: StreamName, options: ReadOptions = {}): AsyncIterable<RecordedEvent> {
    this.#assertOpen();
    yield* this.#reading.stream(stream, options);
  }

  override async *readAll(after: Position = 0n, limit = Infinity): AsyncIterable<RecordedEvent> {
    this.#assertOpen();
    yield* this.#reading.all(after, limit);
  }

  override async *follow(after: Position | undefined, options: FollowOptions): AsyncIterable<EventBatch> {
    this.#assertOpen();
    const signal = AbortSignal.any([options.signal, this.#closing.signal]);
    if (signal.aborted) return;
    const head = (): Promise<Position> => this.#reading.head();
    if (after !== undefined && after > 0n && (await this.#isBeyondHead(after))) throw new PositionBeyondHead(after);
    yield* follow(this.#connection, head, after ?? 0n, { ...options, signal }, this.#options);
  }

  override async delete(stream: StreamName, expected: ExpectedRevision, kind: 'soft' | 'hard' = 'soft'): Promise<void> {
    this.#assertOpen();
    await this.#writing.delete(stream, expected === 'stream-exists' ? await this.#present(stream) : expected, kind);
  }

  override async head(): Promise<Position> {
    this.#assertOpen();
    return this.#reading.head();
  }

  override async identity(): Promise<string> {
    this.#assertOpen();
    this.#identity ??= this.#identify().catch((error: unknown) => {
      this.#identity = undefined;
      throw error;
    });
    return this.#identity;
  }

  /** Finishes accepted writes, ends the followers, and closes the connections. */
  override close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** A server would wait silently for such a position. While the store closes, nothing is beyond. */
  async #isBeyondHead(position: Position): Promise<boolean> {
    try {
      return position > (await this.#reading.head());
    } catch (error) {
      if (this.#closing.signal.aborted) return false;
      throw error;
    }
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    await this.#writing.idle(CLOSE_MS_MAX);
    const { writer, reader } = this.#connection;
    // without it the process would not end by itself
    await Promise.all(
      [writer, reader].map((client) => inTime(DISPOSE_MS_MAX, client.dispose()).catch(() => undefined)),
    );
  }

  /** The receipt of an empty append, which is not sent, because servers answer it differently. */
  async #judge(stream: StreamName, expected: ExpectedRevision): Promise<Receipt> {
    const last = await this.#reading.last(stream);
    const is = last?.revision ?? 'no-stream';
    const isRight = expected === 'any' || (expected === 'stream-exists' ? last !== undefined : expected === is);
    if (!isRight) throw new WrongRevision(stream, expected, is);
    return { revision: last?.revision ?? -1, position: last?.position ?? 0n };
  }

  /** The revision of a stream. Throws WrongRevision, or StreamDeleted for a deleted stream. */
  async #present(stream: StreamName): Promise<number> {
    const last = await this.#reading.last(stream);
    if (last) return last.revision;
    const { metadata } = await this.#connection.reader
      .getStreamMetadata(stream, { credentials: this.#connection.credentials })
      .catch((error: unknown) => {
        if (typeOf(error) === 'stream-deleted') throw new StreamDeleted(stream);
        throw error;
      });
    if (metadata?.truncateBefore !== undefined) throw new StreamDeleted(stream);
    throw new WrongRevision(stream, 'stream-exists', 'no-stream');
  }

  async #identify(): Promise<string> {
    const first = async (): Promise<string | undefined> => {
      for await (const { id } of this.#reading.stream(IDENTITY_STREAM, { limit: 1 })) return id;
      return undefined;
    };
    const known = await first();
    if (known !== undefined) return known;
    const event = { id: randomUUID(), type: IDENTIFIED, data: {}, metadata: {} };
    try {
      await this.#writing.append(IDENTITY_STREAM, 'no-stream', [event]);
      return event.id;
    } catch (error) {
      const made = error instanceof WrongRevision ? await first() : undefined;
      if (made === undefined) throw error;
      return made;
    }
  }

  #assertOpen(): void {
    if (this.#closing.signal.aborted) throw new Error('the event store is closed');
  }
}
