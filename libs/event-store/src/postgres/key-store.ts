import { randomBytes } from 'node:crypto';
import { retry } from '#flow';
import { decrypt, encrypt } from '../aes-gcm.js';
import { KEY_BYTES, type KeyId, type KeyState, KeyStore, newKeys, WrongMasterKey } from '../key-store.js';
import { ConnectionPool, type Patient, type PoolOptions } from './pool.js';

export interface PostgresKeyStoreOptions extends PoolOptions {
  /** 32 bytes, stored elsewhere. */
  readonly master_key: Buffer;
}

const WRAPPED_BYTES = 60;
/** Destroying a key rewrites its partition, so partitions have to be small. */
const PARTS = 16;
/** An arbitrary number; the instance that creates the tables holds it. */
const SETUP_LOCK = 4_711_020_301;
const REWRITE_MS_MAX = 120_000;
/** Every other statement queues behind a rewrite that waits for its lock. */
const LOCK_MS_MAX = 1_000;
const REWRITES = { attempts_max: 5, first_ms: 200, last_ms: 1_600 };

const TABLES = `
  create table if not exists ledger_keys (
    key_id text collate "C" primary key,
    wrapped bytea not null check (octet_length(wrapped) = ${WRAPPED_BYTES}),
    destroyed_at timestamptz,
    created_at timestamptz not null default now()
  ) partition by hash (key_id);
  create table if not exists ledger_erasures (event_store text primary key, position bigint not null);
  create table if not exists ledger_index_key (only_one boolean primary key check (only_one), wrapped bytea not null);
  ${Array.from({ length: PARTS }, (_, part) => `create table if not exists ledger_keys_${part} partition of ledger_keys for values with (modulus ${PARTS}, remainder ${part});`).join('\n')}
`;

/** The answer must mean durable, whatever the server's default is. */
const DURABLE = `select set_config('synchronous_commit', 'on', false)
  where current_setting('synchronous_commit') not in ('on', 'remote_apply')`;

/** Looks each key up in its own partition; PostgreSQL would scan all of them for a plain join over many keys. */
const SELECT = `select k.* from unnest($1::text[]) as wanted (key_id) cross join lateral (
  select key_id, wrapped, destroyed_at is not null as is_destroyed from ledger_keys where key_id = wanted.key_id offset 0) k`;
const INSERT = 'insert into ledger_keys (key_id, wrapped) select * from unnest($1::text[], $2::bytea[])';
const TOMBSTONE = `insert into ledger_keys as k (key_id, wrapped, destroyed_at) values ($1, $2, now())
  on conflict (key_id) do update set wrapped = excluded.wrapped, destroyed_at = coalesce(k.destroyed_at, excluded.destroyed_at)
  returning tableoid::regclass::text as part`;

const NOTE = `insert into ledger_erasures as e (event_store, position) values ($1, $2)
  on conflict (event_store) do update set position = greatest(e.position, excluded.position)`;

interface Row {
  readonly key_id: KeyId;
  readonly wrapped: Buffer;
  readonly is_destroyed: boolean;
}

/** Keys in a shared database, each wrapped by a master key that is stored elsewhere. */
export class PostgresKeyStore extends KeyStore {
  readonly #pool: ConnectionPool;
  readonly #masterKey: Buffer;
  readonly #index: Buffer;

  private constructor(pool: ConnectionPool, masterKey: Buffer, index: Buffer) {
    super();
    this.#pool = pool;
    this.#masterKey = masterKey;
    this.#index = index;
  }

  /** Creates missing tables, also concurrently. Throws WrongMasterKey. */
  static async open({ master_key, ...options }: PostgresKeyStoreOptions): Promise<PostgresKeyStore> {
    if (master_key.length !== KEY_BYTES) throw new RangeError(`the master key has ${KEY_BYTES} bytes`);
    const pool = new ConnectionPool(options);
    try {
      const wrapped = await setUp(pool, encrypt(master_key, 'index', randomBytes(KEY_BYTES)));
      return new PostgresKeyStore(pool, master_key, openIndex(master_key, wrapped));
    } catch (error) {
      await pool.close();
      throw error;
    }
  }

  override async mint(count: number): Promise<ReadonlyMap<KeyId, Buffer>> {
    const keys = newKeys(count);
    const wrapped = Array.from(keys, ([id, key]) => encrypt(this.#masterKey, id, key));
    await this.#pool.use(async (client) => {
      await client.query(DURABLE);
      await client.query({ name: 'mint', text: INSERT, values: [[...keys.keys()], wrapped] });
    });
    return keys;
  }

  override async load(ids: Iterable<KeyId>): Promise<Map<KeyId, KeyState>> {
    const wanted = [...new Set(ids)];
    // planned each time: a plan from a time of few keys reads all of them
    const { rows } = await this.#pool.use((client) => client.query<Row>(SELECT, [wanted]));
    return new Map(
      rows.map(({ key_id, wrapped, is_destroyed }) => [
        key_id,
        is_destroyed ? 'destroyed' : decrypt(this.#masterKey, key_id, wrapped),
      ]),
    );
  }

  /**
   * Removes the key's bytes from the tables' files. Write-ahead log, replicas and backups keep them until they are
   * recycled. Throws while another transaction still sees the old row; the key is destroyed, but try again.
   */
  override async destroy(id: KeyId): Promise<void> {
    const part = await this.#pool.use(async (client) => {
      await client.query(DURABLE);
      const { rows } = await client.query<{ part: string }>(TOMBSTONE, [id, Buffer.alloc(WRAPPED_BYTES)]);
      return rows[0]?.part ?? '';
    });
    await this.#pool.usePatiently(REWRITE_MS_MAX, (run) => rewrite(run, part));
  }

  override async erasedUpTo(eventStore: string): Promise<bigint> {
    const text = 'select position::text from ledger_erasures where event_store = $1';
    const { rows } = await this.#pool.use((client) => client.query<{ position: string }>(text, [eventStore]));
    return BigInt(rows[0]?.position ?? 0);
  }

  override async noteErased(eventStore: string, position: bigint): Promise<void> {
    await this.#pool.use((client) => client.query(NOTE, [eventStore, String(position)]));
  }

  override async index(): Promise<Buffer> {
    return this.#index;
  }

  override close(): Promise<void> {
    return this.#pool.close();
  }
}

/** Creates missing tables and returns the index key: the given one, or the existing one. */
function setUp(pool: ConnectionPool, index: Buffer): Promise<Buffer> {
  return pool.use(async (client) => {
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock($1)', [SETUP_LOCK]);
    const { rows: known } = await client.query<{ made: string | null }>(
      `select to_regclass('ledger_erasures') as made`,
    );
    if (known[0]?.made == null) await client.query(TABLES);
    await client.query('insert into ledger_index_key (only_one, wrapped) values (true, $1) on conflict do nothing', [
      index,
    ]);
    await client.query('commit');
    const { rows } = await client.query<{ wrapped: Buffer }>('select wrapped from ledger_index_key');
    return rows[0]?.wrapped ?? Buffer.alloc(0);
  });
}

function openIndex(masterKey: Buffer, wrapped: Buffer): Buffer {
  try {
    return decrypt(masterKey, 'index', wrapped);
  } catch {
    throw new WrongMasterKey('the key store in PostgreSQL');
  }
}

/**
 * Plain VACUUM frees a dead row, but leaves its bytes in the free part of the page. A rewritten file has none of them,
 * unless an old snapshot still sees the row.
 */
async function rewrite(run: Patient, part: string): Promise<void> {
  await run(`set lock_timeout = ${LOCK_MS_MAX}`);
  try {
    await retry(async () => {
      const told = await run(`vacuum (full, verbose) ${part}`);
      if (!told.some(isAllGone)) throw new Error('an old snapshot still sees dead rows');
    }, REWRITES);
  } catch (cause) {
    throw new Error('the key is destroyed, but its table is in use and still has its bytes', { cause });
  }
  await run('reset lock_timeout');
}

/** `0 dead row versions cannot be removed yet.`, in any language. */
const isAllGone = (detail: string): boolean => /\d+/.exec(detail)?.[0] === '0';
