import { BACKWARDS, END, FORWARDS, type ReadPosition, START, type StreamingRead } from '@eventstore/db-client';
import { Limiter, within } from '#flow';
import type { Position, ReadOptions, RecordedEvent, Revision, StreamName } from '../event-store.js';
import type { Connection } from './connection.js';
import { positionOf, recordOf, type Resolved } from './record.js';
import { persistently, typeOf } from './errors.js';

/** Events of one call. */
const PAGE = 512;
/** All calls of a process share one connection, and a server answers a hundred at a time on it. */
const READS_IN_FLIGHT_MAX = 32;

export interface ReadingOptions {
  /** The time-out of one try of one page. */
  readonly read_timeout_ms: number;
  /** The deadline of all tries of one page. */
  readonly read_deadline_ms: number;
}

/** A read position is inclusive; ours names an event that was read. */
export const placeOf = (position: Position): ReadPosition =>
  position === 0n ? START : { commit: position, prepare: position };

/** Reads page by page: no call stays open between two pages, however slow the reader is. */
export class Reading {
  readonly #limiter = new Limiter(READS_IN_FLIGHT_MAX);

  constructor(
    private readonly connection: Connection,
    private readonly options: ReadingOptions,
    /** Throws when the store is closed. */
    private readonly assertOpen: () => void,
  ) {}

  async *stream(name: StreamName, options: ReadOptions): AsyncGenerator<RecordedEvent> {
    const { direction = 'forwards', limit = Infinity } = options;
    const step = direction === 'forwards' ? 1n : -1n;
    let next = await this.#start(name, options);
    for (let left = limit; left > 0 && next !== undefined;) {
      const wanted = Math.min(PAGE, left);
      const page = await this.#streamPage(name, direction, next, wanted);
      yield* page.flatMap((resolved) => recordOf(resolved) ?? []);
      left -= page.length;
      next = page.length < wanted ? undefined : beyond(page, step);
    }
  }

  async *all(after: Position, limit: number): AsyncGenerator<RecordedEvent> {
    const { reader, credentials } = this.connection;
    let position = after;
    for (let left = limit; left > 0;) {
      const fromPosition = placeOf(position);
      const page = await this.#page(() => reader.readAll({ fromPosition, maxCount: PAGE, credentials }));
      const fresh = page.filter((resolved) => positionOf(resolved) > position);
      const records = fresh.flatMap((resolved) => recordOf(resolved) ?? []).slice(0, left);
      yield* records;
      left -= records.length;
      position = fresh.length > 0 ? positionOf(fresh.at(-1) as Resolved) : position;
      if (page.length < PAGE) return;
    }
  }

  /** The newest event's position, also of the server's own events. */
  async head(): Promise<Position> {
    const { reader, credentials } = this.connection;
    const [last] = await this.#page(() =>
      reader.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1, credentials }),
    );
    return last ? positionOf(last) : 0n;
  }

  /** The newest event of a stream. */
  async last(name: StreamName): Promise<RecordedEvent | undefined> {
    for await (const event of this.stream(name, { direction: 'backwards', limit: 1 })) return event;
    return undefined;
  }

  /** The revision to begin at; undefined when there is nothing. Backwards from beyond the end begins at the end. */
  async #start(
    name: StreamName,
    { direction, from }: ReadOptions,
  ): Promise<bigint | typeof START | typeof END | undefined> {
    if (direction !== 'backwards') return from === undefined ? START : BigInt(from);
    if (from === undefined) return END;
    const last: Revision | undefined = (await this.last(name))?.revision;
    return last === undefined ? undefined : BigInt(Math.min(from, last));
  }

  async #streamPage(
    name: StreamName,
    direction: 'forwards' | 'backwards',
    fromRevision: bigint | typeof START | typeof END,
    maxCount: number,
  ): Promise<Resolved[]> {
    const { reader, credentials } = this.connection;
    const way = direction === 'forwards' ? FORWARDS : BACKWARDS;
    try {
      return await this.#page(() => reader.readStream(name, { direction: way, fromRevision, maxCount, credentials }));
    } catch (error) {
      if (typeOf(error) === 'stream-not-found' || typeOf(error) === 'stream-deleted') return [];
      throw error;
    }
  }

  #page(open: () => StreamingRead<Resolved>): Promise<Resolved[]> {
    return this.#limiter.run(() =>
      persistently(this.options.read_deadline_ms, 'read', async () => {
        const stream = open();
        try {
          const page = await within(this.options.read_timeout_ms, 'A read', collect(stream));
          // a disposed client ends its calls as if there were no more events
          this.assertOpen();
          return page;
        } finally {
          // an abandoned call stays open at the server, and a connection carries a hundred
          stream.cancel().catch(() => undefined);
        }
      }),
    );
  }
}

/** The revision after the last one of a page; undefined for an empty page. */
function beyond(page: readonly Resolved[], step: bigint): bigint | undefined {
  const last = page.at(-1)?.event?.revision;
  return last === undefined || last + step < 0n ? undefined : last + step;
}

async function collect(stream: StreamingRead<Resolved>): Promise<Resolved[]> {
  const all: Resolved[] = [];
  for await (const resolved of stream) all.push(resolved);
  return all;
}
