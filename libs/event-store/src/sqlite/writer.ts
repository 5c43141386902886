import { judgeAppend, judgeDelete, type Revision, type StoredIds, type StreamFacts } from '../event-store.js';
import type { EventText, WriteAnswer, WriteRequest } from './messages.js';
import { writing, type Connection } from './schema.js';

interface Stream extends StreamFacts {
  readonly id: number;
}

type StreamRow = readonly [id: number, revision: number, truncateBefore: number, deleted: StreamFacts['deleted']];

const neverWritten: Stream = { id: 0, revision: -1, truncate_before: 0, deleted: null };

function statements(db: Connection) {
  return {
    stream: db.prepare('SELECT id, revision, truncate_before, deleted FROM streams WHERE name = ?').raw(),
    open: db.prepare('INSERT INTO streams (name, revision) VALUES (?, ?)'),
    advance: db.prepare('UPDATE streams SET revision = ?, deleted = NULL WHERE id = ?'),
    remove: db.prepare('UPDATE streams SET truncate_before = revision + 1, deleted = ? WHERE id = ?'),
    insert: db.prepare('INSERT INTO events (stream_id, revision, id, type, data, metadata) VALUES (?, ?, ?, ?, ?, ?)'),
    idAt: db.prepare('SELECT id FROM events WHERE stream_id = ? AND revision = ?').raw(),
    find: db
      .prepare(
        'SELECT revision FROM events WHERE stream_id = ? AND revision >= ? AND id = ? ORDER BY revision DESC LIMIT 1',
      )
      .raw(),
    position: db.prepare('SELECT position FROM events WHERE stream_id = ? AND revision = ?').raw(),
  };
}

/** The only writer; synchronous, so it runs in a thread of its own. */
export class Writer {
  readonly #db: Connection;
  readonly #sql: ReturnType<typeof statements>;

  constructor(db: Connection) {
    this.#db = db;
    this.#sql = statements(db);
  }

  /** Executes all requests in one durable commit; a refused request does not affect the others. */
  commit(requests: readonly WriteRequest[]): WriteAnswer[] {
    try {
      return writing(this.#db, () => requests.map((request) => this.#carryOut(request)));
    } catch (error) {
      const answer: WriteAnswer = { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
      return requests.map(() => answer);
    }
  }

  #carryOut({ stream: name, expected, write }: WriteRequest): WriteAnswer {
    const stream = this.#stream(name);
    if (typeof write === 'string') {
      const verdict = judgeDelete(stream, expected, write);
      return verdict.kind === 'delete' ? this.#remove(name, stream, write) : refused(verdict.kind, stream);
    }
    const ids = write.map(([id]) => id);
    const verdict = judgeAppend(stream, expected, ids, this.#idsOf(stream));
    if (verdict.kind === 'append') return this.#append(name, stream, write);
    return verdict.kind === 'repeated' ? this.#done(stream.id, verdict.last) : refused(verdict.kind, stream);
  }

  #append(name: string, stream: Stream, events: readonly EventText[]): WriteAnswer {
    if (events.length === 0) return this.#done(stream.id, stream.revision);
    const last = stream.revision + events.length;
    const id = stream.id || this.#open(name, last);
    if (stream.id) this.#sql.advance.run(last, id);
    let revision = stream.revision;
    let position = 0;
    for (const event of events) {
      revision += 1;
      position = Number(this.#sql.insert.run(id, revision, ...event).lastInsertRowid);
    }
    return { kind: 'done', revision, position };
  }

  #remove(name: string, stream: Stream, kind: 'soft' | 'hard'): WriteAnswer {
    const id = stream.id || this.#open(name, stream.revision);
    this.#sql.remove.run(kind, id);
    return this.#done(id, stream.revision);
  }

  #done(id: number, revision: Revision): WriteAnswer {
    const row = this.#sql.position.get(id, revision) as [number] | undefined;
    return { kind: 'done', revision, position: row?.[0] ?? 0 };
  }

  #open(name: string, revision: Revision): number {
    return Number(this.#sql.open.run(name, revision).lastInsertRowid);
  }

  #stream(name: string): Stream {
    const row = this.#sql.stream.get(name) as StreamRow | undefined;
    if (row === undefined) return neverWritten;
    const [id, revision, truncate_before, deleted] = row;
    return { id, revision, truncate_before, deleted };
  }

  #idsOf({ id: stream }: Stream): StoredIds {
    return {
      at: (revision) => (this.#sql.idAt.get(stream, revision) as [string] | undefined)?.[0],
      find: (id, since) => (this.#sql.find.get(stream, since, id) as [number] | undefined)?.[0],
    };
  }
}

function refused(kind: 'wrong-revision' | 'stream-deleted', stream: Stream): WriteAnswer {
  return kind === 'stream-deleted' ? { kind } : { kind, actual: stream.revision };
}
