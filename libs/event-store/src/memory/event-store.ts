import { randomUUID } from 'node:crypto';

import {
  EventStore,
  StreamDeleted,
  WrongRevision,
  judgeAppend,
  judgeDelete,
  type EventBatch,
  type ExpectedRevision,
  type FollowOptions,
  type JsonObject,
  type NewEvent,
  type Position,
  type ReadOptions,
  type Receipt,
  type RecordedEvent,
  type Refusal,
  type Revision,
  type StoredIds,
  type StreamFacts,
  type StreamName,
} from '../event-store.js';

/** Data stay text, so that callers can neither change stored events nor read anything but JSON. */
interface Row {
  readonly position: Position;
  readonly stream: StreamName;
  readonly revision: Revision;
  readonly id: string;
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
}

interface Stream {
  readonly rows: Row[];
  truncate_before: Revision;
  deleted: StreamFacts['deleted'];
}

/** Positions jump between appends, so that no test relies on counting them. */
const JUMP = 3n;

const revisionOf = (stream: Stream): Revision => stream.rows.length - 1;

function factsOf(stream: Stream): StreamFacts {
  return { revision: revisionOf(stream), truncate_before: stream.truncate_before, deleted: stream.deleted };
}

function idsOf(stream: Stream): StoredIds {
  return {
    at: (revision) => stream.rows[revision]?.id,
    find: (id, since) => {
      const found = stream.rows.findLastIndex((row) => row.revision >= since && row.id === id);
      return found < 0 ? undefined : found;
    },
  };
}

function record(row: Row): RecordedEvent {
  return { ...row, data: JSON.parse(row.data) as JsonObject, metadata: JSON.parse(row.metadata) as JsonObject };
}

function wanted(row: Row, { prefixes, types }: FollowOptions): boolean {
  return (prefixes?.some((prefix) => row.stream.startsWith(prefix)) ?? true) && (types?.includes(row.type) ?? true);
}

function rowsOf({ rows, truncate_before }: Stream, { direction, from, limit = Infinity }: ReadOptions): Row[] {
  const visible = rows.filter(({ revision }) => revision >= truncate_before);
  if (direction !== 'backwards') return visible.filter(({ revision }) => revision >= (from ?? 0)).slice(0, limit);
  return visible
    .filter(({ revision }) => revision <= (from ?? Infinity))
    .reverse()
    .slice(0, limit);
}

/** Keeps everything in memory; for tests and trials. */
export class MemoryEventStore extends EventStore {
  readonly #log: Row[] = [];
  readonly #streams = new Map<StreamName, Stream>();
  readonly #identity = randomUUID();
  readonly #waiting = new Set<() => void>();
  #closed = false;

  override async append(name: StreamName, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Receipt> {
    this.#assertOpen();
    const stream = this.#streams.get(name) ?? { rows: [], truncate_before: 0, deleted: null };
    const ids = events.map((event) => event.id);
    const verdict = judgeAppend(factsOf(stream), expected, ids, idsOf(stream));
    if (verdict.kind === 'repeated') return this.#receipt(stream, verdict.last);
    if (verdict.kind !== 'append') throw this.#refusal(name, expected, stream, verdict);
    if (events.length > 0) this.#write(name, stream, events);
    return this.#receipt(stream, revisionOf(stream));
  }

  override async *read(name: StreamName, options: ReadOptions = {}): AsyncIterable<RecordedEvent> {
    this.#assertOpen();
    const stream = this.#streams.get(name);
    if (stream === undefined || stream.deleted === 'hard') return;
    for (const row of rowsOf(stream, options)) yield record(row);
  }

  override async *readAll(after: Position = 0n, limit = Infinity): AsyncIterable<RecordedEvent> {
    this.#assertOpen();
    const end = this.#log.length;
    const start = this.#indexAfter(after);
    for (const row of this.#log.slice(start, Math.min(end, start + limit))) yield record(row);
  }

  override async *follow(after: Position | undefined, options: FollowOptions): AsyncIterable<EventBatch> {
    this.#assertOpen();
    let position = after ?? 0n;
    while (!options.signal.aborted && !this.#closed) {
      const start = this.#indexAfter(position);
      const rows = this.#log.slice(start, start + options.batch_size_max);
      const last = rows.at(-1);
      if (last === undefined) {
        await this.#more(options.signal);
      } else {
        position = last.position;
        yield { events: rows.filter((row) => wanted(row, options)).map(record), position };
      }
    }
  }

  override async delete(name: StreamName, expected: ExpectedRevision, kind: 'soft' | 'hard' = 'soft'): Promise<void> {
    this.#assertOpen();
    const stream = this.#streams.get(name) ?? { rows: [], truncate_before: 0, deleted: null };
    const verdict = judgeDelete(factsOf(stream), expected, kind);
    if (verdict.kind !== 'delete') throw this.#refusal(name, expected, stream, verdict);
    stream.deleted = kind;
    stream.truncate_before = stream.rows.length;
    this.#streams.set(name, stream);
  }

  override async head(): Promise<Position> {
    this.#assertOpen();
    return this.#last();
  }

  override async identity(): Promise<string> {
    return this.#identity;
  }

  override async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
  }

  #write(name: StreamName, stream: Stream, events: readonly NewEvent[]): void {
    const rows = events.map((event, index): Row => ({
      stream: name,
      revision: stream.rows.length + index,
      position: this.#last() + JUMP + BigInt(index),
      id: event.id,
      type: event.type,
      data: JSON.stringify(event.data),
      metadata: JSON.stringify(event.metadata),
    }));
    for (const row of rows) {
      stream.rows.push(row);
      this.#log.push(row);
    }
    stream.deleted = null;
    this.#streams.set(name, stream);
    this.#wake();
  }

  #receipt(stream: Stream, revision: Revision): Receipt {
    return { revision, position: stream.rows[revision]?.position ?? 0n };
  }

  #refusal(name: StreamName, expected: ExpectedRevision, stream: Stream, refusal: Refusal): Error {
    if (refusal.kind === 'stream-deleted') return new StreamDeleted(name);
    const revision = revisionOf(stream);
    return new WrongRevision(name, expected, revision < 0 ? 'no-stream' : revision);
  }

  #last(): Position {
    return this.#log.at(-1)?.position ?? 0n;
  }

  #indexAfter(position: Position): number {
    let low = 0;
    let high = this.#log.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#log[middle]?.position ?? 0n) <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #more(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#waiting.add(done);
      signal.addEventListener('abort', done);
    });
  }

  #wake(): void {
    for (const done of [...this.#waiting]) done();
  }

  #assertOpen(): void {
    if (this.#closed) throw new Error('the event store is closed');
  }
}
