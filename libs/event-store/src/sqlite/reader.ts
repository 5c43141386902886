import type {
  FollowOptions,
  JsonObject,
  Position,
  RecordedEvent,
  Revision,
  StreamFacts,
  StreamName,
} from '../event-store.js';
import type { Connection } from './schema.js';

type Row = readonly [
  position: number,
  stream: StreamName,
  revision: Revision,
  id: string,
  type: string,
  data: string,
  metadata: string,
];

export interface StoredStream extends StreamFacts {
  readonly id: number;
}

const columns = 'position, name, e.revision, e.id, type, data, metadata';
const from = `SELECT ${columns} FROM events e JOIN streams s ON s.id = e.stream_id`;

function statements(db: Connection) {
  return {
    stream: db.prepare('SELECT id, revision, truncate_before, deleted FROM streams WHERE name = ?'),
    forwards: db
      .prepare(`${from} WHERE stream_id = ? AND e.revision BETWEEN ? AND ? ORDER BY e.revision LIMIT ?`)
      .raw(),
    backwards: db
      .prepare(`${from} WHERE stream_id = ? AND e.revision BETWEEN ? AND ? ORDER BY e.revision DESC LIMIT ?`)
      .raw(),
    after: db.prepare(`${from} WHERE position > ? ORDER BY position LIMIT ?`).raw(),
    afterOfTypes: db
      .prepare(`${from} WHERE position > ? AND type IN (SELECT value FROM json_each(?)) ORDER BY position LIMIT ?`)
      .raw(),
    head: db.prepare('SELECT max(position) FROM events').raw(),
    identity: db.prepare('SELECT identity FROM meta').raw(),
  };
}

function record([position, stream, revision, id, type, data, metadata]: Row): RecordedEvent {
  return { position: BigInt(position), stream, revision, id, type, data: parsed(data), metadata: parsed(metadata) };
}

/** A file altered by hand may hold other text: without a JSON object there is no envelope, and the hash does not match. */
function parsed(text: string): JsonObject {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? (value as JsonObject) : {};
  } catch {
    return {};
  }
}

type Filter = Pick<FollowOptions, 'prefixes' | 'types'>;

function wanted([, stream, , , type]: Row, { prefixes, types }: Filter): boolean {
  return (prefixes?.some((prefix) => stream.startsWith(prefix)) ?? true) && (types?.includes(type) ?? true);
}

/** A stretch of the log: its matching events, and its last position. */
export interface Page {
  readonly events: RecordedEvent[];
  readonly end: Position;
}

/** Reads one page at a time, so that no statement stays open between two of them. */
export class Reader {
  readonly #sql: ReturnType<typeof statements>;

  constructor(db: Connection) {
    this.#sql = statements(db);
  }

  /** Undefined also when the stream is tombstoned. */
  stream(name: StreamName): StoredStream | undefined {
    const row = this.#sql.stream.get(name) as StoredStream | undefined;
    if (row === undefined || row.deleted === 'hard') return undefined;
    const { id, revision, truncate_before, deleted } = row;
    return { id, revision, truncate_before, deleted };
  }

  forwards(stream: number, first: Revision, last: Revision, limit: number): RecordedEvent[] {
    return (this.#sql.forwards.all(stream, first, last, limit) as Row[]).map(record);
  }

  backwards(stream: number, first: Revision, last: Revision, limit: number): RecordedEvent[] {
    return (this.#sql.backwards.all(stream, first, last, limit) as Row[]).map(record);
  }

  /** The next events of the log, filtered before parsing; undefined at its end. */
  after(position: Position, limit: number, filter: Filter = {}): Page | undefined {
    return filter.types
      ? this.#afterOfTypes(position, limit, filter.types, filter)
      : this.#after(position, limit, filter);
  }

  #after(position: Position, limit: number, filter: Filter): Page | undefined {
    const rows = this.#sql.after.all(Number(position), limit) as Row[];
    const last = rows.at(-1);
    if (last === undefined) return undefined;
    return { events: rows.filter((row) => wanted(row, filter)).map(record), end: BigInt(last[0]) };
  }

  /** Reads only the few matching events; later appends belong to the next page. */
  #afterOfTypes(position: Position, limit: number, types: readonly string[], filter: Filter): Page | undefined {
    const head = this.head();
    if (head <= position) return undefined;
    const rows = this.#sql.afterOfTypes.all(Number(position), JSON.stringify(types), limit) as Row[];
    const last = BigInt(rows.at(-1)?.[0] ?? 0);
    const end = rows.length < limit && head > last ? head : last;
    return { events: rows.filter((row) => wanted(row, filter)).map(record), end };
  }

  head(): Position {
    const [row] = this.#sql.head.all() as [number | null][];
    return BigInt(row?.[0] ?? 0);
  }

  identity(): string {
    const [row] = this.#sql.identity.all() as [string][];
    if (row === undefined) throw new Error('the event store has no identity');
    return row[0];
  }
}
