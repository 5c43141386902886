/** A value that survives JSON unchanged. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** Place of an event in its stream: 0, 1, 2, ... without holes. */
export type Revision = number;
/** Place of an event in the whole store: growing in commit order, with gaps; only good for comparing and for resuming. */
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

/** The place of the last event of an append; for an empty append that of the stream's end. */
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
  /** Only events of these types. */
  readonly types?: readonly string[];
  /** The follower needs only the events, not the progress: an adapter may report it less often, or never. */
  readonly isSparse?: boolean;
  readonly batch_size_max: number;
  readonly signal: AbortSignal;
}

/** Events in order, and the position up to which the log was considered, filtered events included. */
export interface EventBatch {
  readonly events: readonly RecordedEvent[];
  readonly position: Position;
}

/** The stream is not at the expected revision. */
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

/** The queue of appends is full; nothing was written. */
export class StoreOverloaded extends Error {}

/** The store did not answer in time or cannot be reached; an append may or may not have been written. */
export class StoreUnavailable extends Error {}

/** The position lies beyond the end of the store: it comes from another database. */
export class PositionBeyondHead extends Error {
  constructor(readonly position: Position) {
    super(`position ${position} is beyond the end of the event store: it comes from another store`);
  }
}

/** The port: an ordered, durable log of streams. Reading is pulled, never pushed. */
export abstract class EventStore {
  /** Resolves once the events are durable; all or none. Throws WrongRevision, StreamDeleted, StoreOverloaded, StoreUnavailable. */
  abstract append(stream: StreamName, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Receipt>;
  /** A missing or deleted stream reads as empty. */
  abstract read(stream: StreamName, options?: ReadOptions): AsyncIterable<RecordedEvent>;
  /** Everything after a position, in commit order, up to the present end. */
  abstract readAll(after?: Position, limit?: number): AsyncIterable<RecordedEvent>;
  /** Catches up, then waits for more, until the signal aborts. */
  abstract follow(after: Position | undefined, options: FollowOptions): AsyncIterable<EventBatch>;
  /** Soft: reads as empty, may be written again at the next revision. Hard (tombstone): final. Events stay in readAll. */
  abstract delete(stream: StreamName, expected: ExpectedRevision, kind?: 'soft' | 'hard'): Promise<void>;
  /** Position of the newest event, 0n when empty. */
  abstract head(): Promise<Position>;
  /** Identity of the database; readers keep it beside every checkpoint. */
  abstract identity(): Promise<string>;
  abstract close(): Promise<void>;
}

/** The number of events that an append without an exact revision searches for its own ids. */
export const REPEAT_WINDOW = 256;

/** The state of one stream in an adapter; `revision` is -1 before the first event. */
export interface StreamFacts {
  readonly revision: Revision;
  /** First revision a reader may see. */
  readonly truncate_before: Revision;
  readonly deleted: 'soft' | 'hard' | null;
}

/** Lookups among the stored ids of one stream. */
export interface StoredIds {
  at(revision: Revision): string | undefined;
  /** The newest revision not below `since` that carries this id. */
  find(id: string, since: Revision): Revision | undefined;
}

export type Refusal = { readonly kind: 'wrong-revision' | 'stream-deleted' };
export type AppendVerdict =
  { readonly kind: 'append' } | { readonly kind: 'repeated'; readonly last: Revision } | Refusal;
export type DeleteVerdict = { readonly kind: 'delete' } | Refusal;

const wrong: Refusal = { kind: 'wrong-revision' };
const gone: Refusal = { kind: 'stream-deleted' };
const append: AppendVerdict = { kind: 'append' };

function repeated(ids: readonly string[], first: Revision, stored: StoredIds): AppendVerdict {
  const same = ids.length > 0 && ids.every((id, index) => stored.at(first + index) === id);
  return same ? { kind: 'repeated', last: first + ids.length - 1 } : wrong;
}

function judgeLoosely(stream: StreamFacts, ids: readonly string[], stored: StoredIds): AppendVerdict {
  const [head] = ids;
  if (head === undefined || stream.revision < 0) return append;
  const since = Math.max(stream.truncate_before, stream.revision - REPEAT_WINDOW + 1);
  const first = stored.find(head, since);
  return first === undefined ? append : repeated(ids, first, stored);
}

/** Decides on an append: it goes ahead, repeats an earlier one, or is refused. */
export function judgeAppend(
  stream: StreamFacts,
  expected: ExpectedRevision,
  ids: readonly string[],
  stored: StoredIds,
): AppendVerdict {
  if (stream.deleted === 'hard' || (expected === 'stream-exists' && stream.deleted === 'soft')) return gone;
  if (expected === 'stream-exists' && stream.revision < 0) return wrong;
  if (expected === 'any' || expected === 'stream-exists') return judgeLoosely(stream, ids, stored);
  return judgeExactly(stream, expected, ids, stored);
}

function judgeExactly(
  stream: StreamFacts,
  expected: Revision | 'no-stream',
  ids: readonly string[],
  stored: StoredIds,
): AppendVerdict {
  if (expected === 'no-stream') {
    const absent = stream.revision < 0 || stream.deleted === 'soft';
    return absent ? append : repeated(ids, stream.truncate_before, stored);
  }
  if (expected === stream.revision) return append;
  return expected < stream.revision ? repeated(ids, expected + 1, stored) : wrong;
}

function mayDelete(stream: StreamFacts, expected: ExpectedRevision, kind: 'soft' | 'hard'): boolean {
  if (stream.revision < 0) return kind === 'hard' && (expected === 'any' || expected === 'no-stream');
  return expected === 'any' || expected === 'stream-exists' || expected === stream.revision;
}

/** Decides on a deletion; a stream without events can only be tombstoned. */
export function judgeDelete(stream: StreamFacts, expected: ExpectedRevision, kind: 'soft' | 'hard'): DeleteVerdict {
  if (stream.deleted === 'hard') return gone;
  if (stream.deleted === 'soft' && expected === 'stream-exists') return gone;
  return mayDelete(stream, expected, kind) ? { kind: 'delete' } : wrong;
}
