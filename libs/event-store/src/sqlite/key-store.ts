import { randomBytes } from 'node:crypto';
import Database from 'libsql';
import { decrypt, encrypt } from '../aes-gcm.js';
import { KEY_BYTES, KeyStore, newKeys, WrongMasterKey, type KeyId, type KeyState } from '../key-store.js';

export interface SqliteKeyStoreOptions {
  readonly file: string;
  /** 32 bytes, stored elsewhere. */
  readonly master_key: Buffer;
}

const BUSY_TIMEOUT_MS = 10_000;
const WRAPPED_BYTES = 60;
const NOT_DESTROYED = '9999-12-31T23:59:59.999Z';

/**
 * Rows are only appended and never change their size: SQLite then overwrites a key in place, and never moves it to
 * another page, which could leave a copy behind.
 */
const TABLES = `
  CREATE TABLE IF NOT EXISTS keys (
    number INTEGER PRIMARY KEY,
    key_id TEXT NOT NULL UNIQUE,
    wrapped BLOB NOT NULL CHECK (length(wrapped) = ${WRAPPED_BYTES}),
    destroyed_at TEXT NOT NULL CHECK (length(destroyed_at) = 24),
    created_at TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS erasures (event_store TEXT PRIMARY KEY, position INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS index_key (only INTEGER PRIMARY KEY CHECK (only = 1), wrapped BLOB NOT NULL);
`;

/** Keys in a file of their own, each wrapped by a master key that is stored elsewhere. */
export class SqliteKeyStore extends KeyStore {
  readonly #db: Database.Database;
  readonly #masterKey: Buffer;
  readonly #index: Buffer;
  readonly #select: Database.Statement;

  private constructor(db: Database.Database, { file, master_key }: SqliteKeyStoreOptions) {
    super();
    this.#db = db;
    this.#masterKey = master_key;
    this.#index = this.#openIndex(file);
    this.#select = db
      .prepare('SELECT key_id, wrapped, destroyed_at FROM keys WHERE key_id IN (SELECT value FROM json_each(?))')
      .raw();
  }

  /** Opens the file and creates it if missing. Throws WrongMasterKey. */
  static async open(options: SqliteKeyStoreOptions): Promise<SqliteKeyStore> {
    if (options.master_key.length !== KEY_BYTES) throw new RangeError(`the master key has ${KEY_BYTES} bytes`);
    const db = new Database(options.file);
    try {
      db.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
      db.pragma('journal_mode = WAL');
      db.pragma('synchronous = FULL');
      db.pragma('secure_delete = ON');
      return new SqliteKeyStore(db, options);
    } catch (error) {
      db.close();
      throw error;
    }
  }

  override async mint(count: number): Promise<ReadonlyMap<KeyId, Buffer>> {
    const keys = newKeys(count);
    const now = new Date().toISOString();
    const insert = this.#db.prepare('INSERT INTO keys (key_id, wrapped, destroyed_at, created_at) VALUES (?, ?, ?, ?)');
    const rows = Array.from(keys, ([id, key]) => [id, encrypt(this.#masterKey, id, key), NOT_DESTROYED, now]);
    this.#write(() => rows.forEach((row) => insert.run(row)));
    return keys;
  }

  override async load(ids: Iterable<KeyId>): Promise<Map<KeyId, KeyState>> {
    const rows = this.#select.all(JSON.stringify([...ids])) as [KeyId, ArrayBuffer, string][];
    return new Map(
      rows.map(([id, wrapped, destroyed_at]) => [
        id,
        destroyed_at === NOT_DESTROYED ? this.#unwrap(id, wrapped) : 'destroyed',
      ]),
    );
  }

  /** Throws while other connections hold the write-ahead log; the key is destroyed, but try again. */
  override async destroy(id: KeyId): Promise<void> {
    const now = new Date().toISOString();
    const nothing = Buffer.alloc(WRAPPED_BYTES);
    const tombstone = `INSERT INTO keys (key_id, wrapped, destroyed_at, created_at) VALUES (?, ?, ?, ?)
      ON CONFLICT (key_id) DO UPDATE SET wrapped = excluded.wrapped, destroyed_at = min(destroyed_at, excluded.destroyed_at)`;
    this.#write(() => this.#db.prepare(tombstone).run([id, nothing, now, now]));
    const [busy] = this.#db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').raw().all().flat();
    if (busy !== 0) throw new Error('the key is destroyed, but the write-ahead log is in use and still has its bytes');
  }

  override async erasedUpTo(eventStore: string): Promise<bigint> {
    const select = this.#db.prepare('SELECT CAST(position AS TEXT) FROM erasures WHERE event_store = ?').raw();
    const [position = '0'] = select.all([eventStore]).flat() as string[];
    return BigInt(position);
  }

  override async noteErased(eventStore: string, position: bigint): Promise<void> {
    const insert = `INSERT INTO erasures (event_store, position) VALUES (?, CAST(? AS INTEGER))
      ON CONFLICT (event_store) DO UPDATE SET position = max(position, excluded.position)`;
    this.#write(() => this.#db.prepare(insert).run([eventStore, String(position)]));
  }

  override async index(): Promise<Buffer> {
    return this.#index;
  }

  override async close(): Promise<void> {
    this.#db.close();
  }

  /** The first process makes it; opening it also verifies the master key. */
  #openIndex(file: string): Buffer {
    this.#write(() => {
      this.#db.exec(TABLES);
      const wrapped = encrypt(this.#masterKey, 'index', randomBytes(KEY_BYTES));
      this.#db.prepare('INSERT INTO index_key (only, wrapped) VALUES (1, ?) ON CONFLICT DO NOTHING').run([wrapped]);
    });
    const [wrapped] = this.#db.prepare('SELECT wrapped FROM index_key').raw().all().flat() as [ArrayBuffer];
    try {
      return this.#unwrap('index', wrapped);
    } catch {
      throw new WrongMasterKey(file);
    }
  }

  #unwrap(id: KeyId, wrapped: ArrayBuffer): Buffer {
    return decrypt(this.#masterKey, id, Buffer.from(wrapped));
  }

  #write(work: () => void): void {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#db.exec('COMMIT');
    } catch (error) {
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }
}
