import { existsSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';

import {
  EventStore,
  StreamDeleted,
  WrongRevision,
  type EventBatch,
  type ExpectedRevision,
  type FollowOptions,
  type JsonObject,
  type NewEvent,
  type Position,
  type ReadOptions,
  type Receipt,
  type RecordedEvent,
  type StreamName,
} from '../event-store.js';
import { ChangeNotifications } from './change-notifications.js';
import type { WriteAnswer, WriteRequest } from './messages.js';
import { Reader, type StoredStream } from './reader.js';
import { assertOurs, connect, prepareFile, type Connection, type Synchronous } from './schema.js';
import { WriterThread } from './writer-thread.js';

export interface SqliteEventStoreOptions {
  readonly file: string;
  /** Reads and follows only; the file must exist. */
  readonly readonly?: boolean;
  /** Events that may wait to be written before appends are refused; default 50,000. */
  readonly queue_events_max?: number;
  /** OFF loses data in a power failure; tests use it to prove that durability is tested. */
  readonly synchronous?: Synchronous;
}

const QUEUE_EVENTS_MAX = 50_000;
/** Rows of one page: bounds memory and the time that a thread is blocked. */
const PAGE_ROWS = 512;

function openConnection(file: string, readonly: boolean): Connection {
  if (readonly && !existsSync(file)) throw new Error(`${file} does not exist`);
  const db = connect(file);
  try {
    if (readonly) {
      assertOurs(db, file);
      db.exec('PRAGMA query_only = ON');
    } else {
      prepareFile(db, file);
      db.exec('PRAGMA journal_mode = WAL');
    }
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Throws here, because a value that SQLite cannot bind would fail the whole commit. */
function textOf(value: JsonObject): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new TypeError('an event needs data and metadata that are JSON objects');
  return text;
}

function receiptOf(answer: WriteAnswer, { stream, expected }: WriteRequest): Receipt {
  switch (answer.kind) {
    case 'done':
      return { revision: answer.revision, position: BigInt(answer.position) };
    case 'wrong-revision':
      throw new WrongRevision(stream, expected, answer.actual < 0 ? 'no-stream' : answer.actual);
    case 'stream-deleted':
      throw new StreamDeleted(stream);
    case 'failed':
      throw new Error(`the event store could not write: ${answer.message}`);
  }
}

/** The log in one SQLite file: a thread writes it, callers read it on their own. */
export class SqliteEventStore extends EventStore {
  readonly #db: Connection;
  readonly #reader: Reader;
  readonly #changes: ChangeNotifications;
  readonly #writer: WriterThread | undefined;
  #closing: Promise<void> | undefined;

  private constructor(db: Connection, file: string, writer: WriterThread | undefined) {
    super();
    this.#db = db;
    this.#reader = new Reader(db);
    this.#changes = new ChangeNotifications(file);
    this.#writer = writer;
  }

  /** Opens the file and creates it unless `readonly`; throws when it belongs to another program or a newer version. */
  static async open(options: SqliteEventStoreOptions): Promise<SqliteEventStore> {
    const { readonly = false, queue_events_max = QUEUE_EVENTS_MAX, synchronous = 'FULL' } = options;
    const db = openConnection(resolve(options.file), readonly);
    const file = realpathSync(options.file);
    const writer = readonly ? undefined : new WriterThread({ file, synchronous }, queue_events_max);
    return new SqliteEventStore(db, file, writer);
  }

  override async append(stream: StreamName, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Receipt> {
    return this.#write({
      stream,
      expected,
      write: events.map(({ id, type, data, metadata }) => [id, type, textOf(data), textOf(metadata)]),
    });
  }

  override async delete(stream: StreamName, expected: ExpectedRevision, kind: 'soft' | 'hard' = 'soft'): Promise<void> {
    await this.#write({ stream, expected, write: kind });
  }

  override async *read(name: StreamName, options: ReadOptions = {}): AsyncIterable<RecordedEvent> {
    this.#assertOpen();
    const stream = this.#reader.stream(name);
    if (stream === undefined) return;
    let left = options.limit ?? Infinity;
    let next = options.from;
    while (left > 0) {
      const wanted = Math.min(PAGE_ROWS, left);
      const page = this.#page(stream, { ...options, ...(next === undefined ? {} : { from: next }), limit: wanted });
      yield* page;
      const last = page.at(-1);
      if (last === undefined || page.length < wanted) return;
      left -= page.length;
      next = last.revision + (options.direction === 'backwards' ? -1 : 1);
      await this.#pause();
    }
  }

  override async *readAll(after: Position = 0n, limit = Infinity): AsyncIterable<RecordedEvent> {
    this.#assertOpen();
    let position = after;
    for (let left = limit; left > 0;) {
      const page = this.#reader.after(position, Math.min(PAGE_ROWS, left));
      if (page === undefined) return;
      yield* page.events;
      position = page.end;
      left -= page.events.length;
      await this.#pause();
    }
  }

  override async *follow(after: Position | undefined, options: FollowOptions): AsyncIterable<EventBatch> {
    this.#assertOpen();
    const { signal, batch_size_max } = options;
    let position = after ?? 0n;
    while (!this.#ended(signal)) {
      const wait = this.#changes.begin(signal);
      const page = this.#reader.after(position, batch_size_max, options);
      if (page === undefined) {
        await wait.ended;
      } else {
        wait.cancel();
        position = page.end;
        yield { events: page.events, position };
        await nextTurn();
      }
    }
  }

  override async head(): Promise<Position> {
    this.#assertOpen();
    return this.#reader.head();
  }

  override async identity(): Promise<string> {
    this.#assertOpen();
    return this.#reader.identity();
  }

  /** Writes accepted appends, then closes the file; followers end. */
  override close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#writer?.close();
    this.#changes.close();
    this.#db.close();
  }

  async #write(request: WriteRequest): Promise<Receipt> {
    if (this.#writer === undefined) throw new Error('the event store is open for reading only');
    return receiptOf(await this.#writer.send(request), request);
  }

  #page(stream: StoredStream, { from, direction, limit = PAGE_ROWS }: ReadOptions): RecordedEvent[] {
    const { id, revision, truncate_before } = stream;
    if (direction === 'backwards') {
      return this.#reader.backwards(id, truncate_before, Math.min(from ?? revision, revision), limit);
    }
    return this.#reader.forwards(id, Math.max(from ?? 0, truncate_before), revision, limit);
  }

  /** Gives other work a turn between two pages. */
  async #pause(): Promise<void> {
    await nextTurn();
    this.#assertOpen();
  }

  #ended(signal: AbortSignal): boolean {
    return signal.aborted || this.#closing !== undefined;
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new Error('the event store is closed');
  }
}
