import { ANY, type AppendResult, type EventData, jsonEvent, NO_STREAM, STREAM_EXISTS } from '@eventstore/db-client';
import { inTime, Limiter, LimitExceeded, within } from '#flow';
import {
  StoreOverloaded,
  StreamDeleted,
  WrongRevision,
  type ExpectedRevision,
  type NewEvent,
  type StreamName,
} from '../event-store.js';
import type { Connection } from './connection.js';
import { persistently, typeOf } from './errors.js';

export interface WritingOptions {
  /** The time-out of one try. */
  readonly append_timeout_ms: number;
  /** The deadline of all tries. */
  readonly append_deadline_ms: number;
  readonly appends_in_flight_max: number;
  /** Events that may wait before appends are refused. */
  readonly queue_events_max: number;
}

/** Our deadline follows the client's own by this much. */
const GRACE_MS = 500;

/** Appends and deletions: bounded, each with a deadline, retried with the same ids after an unknown outcome. */
export class Writing {
  readonly #limiter: Limiter;

  constructor(
    private readonly connection: Connection,
    private readonly options: WritingOptions,
  ) {
    this.#limiter = new Limiter(options.appends_in_flight_max, options.queue_events_max);
  }

  append(stream: StreamName, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    // before sending, because the client never answers an append whose data are not JSON
    const data = events.map(dataOf);
    const { writer, credentials } = this.connection;
    const attempt = (deadline: number): Promise<AppendResult> =>
      writer.appendToStream(stream, data, { expectedRevision: EXPECTED(expected), credentials, deadline });
    return this.#write(stream, expected, 'append', attempt, data.length);
  }

  async delete(stream: StreamName, expected: ExpectedRevision, kind: 'soft' | 'hard'): Promise<void> {
    const { writer, credentials } = this.connection;
    const expectedRevision = EXPECTED(expected) as Exclude<ReturnType<typeof EXPECTED>, typeof STREAM_EXISTS>;
    const attempt = (deadline: number): Promise<unknown> =>
      kind === 'hard'
        ? writer.tombstoneStream(stream, { expectedRevision, credentials, deadline })
        : writer.deleteStream(stream, { expectedRevision, credentials, deadline });
    await this.#write(stream, expected, 'delete', attempt, 1);
  }

  /** Resolves when accepted writes are done, or after `ms_max`. */
  async idle(ms_max: number): Promise<void> {
    await inTime(ms_max, this.#limiter.idle());
  }

  async #write<T>(
    stream: StreamName,
    expected: ExpectedRevision,
    what: string,
    attempt: (deadline: number) => Promise<T>,
    weight: number,
  ): Promise<T> {
    const { append_timeout_ms, append_deadline_ms } = this.options;
    try {
      const oneTry = (): Promise<T> => within(append_timeout_ms + GRACE_MS, 'An append', attempt(append_timeout_ms));
      return await this.#limiter.run(() => persistently(append_deadline_ms, what, oneTry), weight);
    } catch (error) {
      throw refusalOf(error, stream, expected) ?? error;
    }
  }
}

function dataOf({ id, type, data, metadata }: NewEvent): EventData {
  if (JSON.stringify(data) === undefined || JSON.stringify(metadata) === undefined)
    throw new TypeError('an event needs data and metadata that are JSON objects');
  return jsonEvent({ id, type, data, metadata });
}

const WORDS = { any: ANY, 'no-stream': NO_STREAM, 'stream-exists': STREAM_EXISTS } as const;
const EXPECTED = (expected: ExpectedRevision) => (typeof expected === 'number' ? BigInt(expected) : WORDS[expected]);

/** The client's errors have empty messages; their fields name the reason. */
function refusalOf(error: unknown, stream: StreamName, expected: ExpectedRevision): Error | undefined {
  if (error instanceof LimitExceeded) return new StoreOverloaded(error.message);
  if (typeOf(error) === 'stream-deleted') return new StreamDeleted(stream);
  if (typeOf(error) === 'maximum-append-size-exceeded')
    return new RangeError('the events are too large for one append');
  if (typeOf(error) !== 'wrong-expected-version') return undefined;
  const { actualVersion } = error as { readonly actualVersion?: unknown };
  return new WrongRevision(stream, expected, typeof actualVersion === 'bigint' ? Number(actualVersion) : 'no-stream');
}
