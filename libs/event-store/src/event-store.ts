/** A value that survives JSON unchanged. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** Place of an event in its stream: 0, 1, 2, ... without holes. */
export type Revision = number;
/** Place of an event in the whole store: growing in commit order, with gaps; only to be compared and handed back. */
export type Position = bigint;
export type StreamName = string;
export type ExpectedRevision = Revision | 'no-stream' | 'stream-exists' | 'any';

export interface NewEvent {
  readonly id: string;
  readonly type: string;
  readonly data: JsonObject;
  readonly metadata: JsonObject;
}

export interface RecordedEvent extends NewEvent {
  readonly stream: StreamName;
  readonly revision: Revision;
  readonly position: Position;
}

/** Where the last event of an append stands; an empty append answers with what is there already. */
export interface Receipt {
  readonly revision: Revision;
  readonly position: Position;
}

export interface ReadOptions {
  /** First revision wanted (inclusive); default: the first going forwards, the last going backwards. */
  readonly from?: Revision;
  readonly direction?: 'forwards' | 'backwards';
  readonly limit?: number;
}

export interface FollowOptions {
  /** Only streams whose name starts with one of these. */
  readonly prefixes?: readonly string[];
  readonly batch_size_max: number;
  readonly signal: AbortSignal;
}

/** Events in order, and the position up to which everything has been considered (also what the filter left out). */
export interface Batch {
  readonly events: readonly RecordedEvent[];
  readonly position: Position;
}

/** The stream is not at the revision the writer believed in. */
export class WrongRevision extends Error {
  constructor(
    readonly stream: StreamName,
    readonly expected: ExpectedRevision,
    readonly actual: Revision | 'no-stream',
  ) {
    super(`stream ${stream} is at ${actual}, not at ${expected}`);
  }
}

/** The stream is tombstoned (or soft-deleted where it was expected to exist). */
export class StreamDeleted extends Error {
  constructor(readonly stream: StreamName) {
    super(`stream ${stream} is deleted`);
  }
}

/** The append was not accepted because too much is waiting already; nothing was written. */
export class StoreOverloaded extends Error {}

/** The port: an ordered, durable log of streams. Reading is pulled, never pushed. */
export abstract class EventStore {
  /** Resolves once the events are durable; all or none. Throws WrongRevision, StreamDeleted, StoreOverloaded. */
  abstract append(stream: StreamName, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Receipt>;
  /** A missing or deleted stream reads as empty. */
  abstract read(stream: StreamName, options?: ReadOptions): AsyncIterable<RecordedEvent>;
  /** Everything after a position, in commit order; ends at the present end. */
  abstract readAll(after?: Position, limit?: number): AsyncIterable<RecordedEvent>;
  /** Catches up, then waits for more, until the signal aborts. */
  abstract follow(after: Position | undefined, options: FollowOptions): AsyncIterable<Batch>;
  /** Soft: reads as empty, may be written again at the next revision. Hard (tombstone): final. Events stay in readAll. */
  abstract delete(stream: StreamName, expected: ExpectedRevision, kind?: 'soft' | 'hard'): Promise<void>;
  /** Position of the newest event, 0n when empty. */
  abstract head(): Promise<Position>;
  /** Identity of the database, kept beside every checkpoint. */
  abstract identity(): Promise<string>;
  abstract close(): Promise<void>;
}
