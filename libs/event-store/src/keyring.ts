import { setImmediate } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { KeyId, KeyState, KeyStore } from './key-store.js';

export interface KeyringOptions {
  /** Keys minted ahead; the background refill starts at a quarter. */
  readonly pool_size?: number;
  readonly cache_size_max?: number;
  /** The time that a key destroyed by another process may still be used here without a call of `forget`. */
  readonly cache_ms_max?: number;
}

const POOL_SIZE = 256;
const CACHE_SIZE_MAX = 20_000;
const CACHE_MS_MAX = 60_000;

/**
 * Cached keys: a pool of new ones, and those in use, unwrapped, for a bounded time.
 * Destroying goes through `destroy` here. The owner of every other keyring on the same key store (another thread or
 * process) calls `forget` when it sees the event of the erasure; otherwise the key expires after `cache_ms_max`.
 */
export class Keyring {
  private readonly pool: [KeyId, Buffer][] = [];
  private readonly poolSize: number;
  private readonly cache: LRUCache<KeyId, KeyState>;
  private refilling: Promise<void> | undefined;

  constructor(
    private readonly store: KeyStore,
    { pool_size = POOL_SIZE, cache_size_max = CACHE_SIZE_MAX, cache_ms_max = CACHE_MS_MAX }: KeyringOptions = {},
  ) {
    this.poolSize = pool_size;
    this.cache = new LRUCache({ max: cache_size_max, ttl: cache_ms_max });
  }

  /** A durable key that is handed out only once; waits only for an empty pool. */
  async take(): Promise<KeyId> {
    let taken = this.pool.pop();
    while (taken === undefined) {
      await this.refill();
      taken = this.pool.pop();
    }
    // a failure is not lost: the next refill that a caller waits for meets it again
    if (this.pool.length < this.poolSize / 4) void this.refill().catch(() => undefined);
    this.cache.set(...taken);
    return taken[0];
  }

  /** The keys by id, read in bulk where they are not cached. Unknown ids are left out. */
  async load(ids: Iterable<KeyId>): Promise<ReadonlyMap<KeyId, KeyState>> {
    const found = new Map<KeyId, KeyState>();
    const missing = new Set<KeyId>();
    for (const id of ids) {
      const state = found.get(id) ?? this.cache.get(id);
      if (state === undefined) missing.add(id);
      else found.set(id, state);
    }
    if (missing.size > 0) {
      for (const [id, state] of await this.store.load(missing)) found.set(id, this.remember(id, state));
    }
    return found;
  }

  /** A cached key; undefined when it was not loaded, or long ago. */
  get(id: KeyId): KeyState | undefined {
    return this.cache.get(id);
  }

  /** Destroys a key for good. */
  async destroy(id: KeyId): Promise<void> {
    this.remember(id, 'destroyed');
    try {
      await this.store.destroy(id);
    } catch (error) {
      // a failure may have destroyed the key, which only the store knows
      this.forget(id);
      throw error;
    }
  }

  /** Drops a cached key; the next use asks the key store again. */
  forget(id: KeyId): void {
    this.cache.delete(id);
  }

  /** Drops all cached keys except the unused ones. */
  forgetAll(): void {
    this.cache.clear();
  }

  /** A read that began before a destruction must not bring the key back. */
  private remember(id: KeyId, state: KeyState): KeyState {
    const known = this.cache.peek(id);
    const now = known === 'destroyed' ? known : state;
    this.cache.set(id, now);
    return now;
  }

  private refill(): Promise<void> {
    this.refilling ??= this.mint().finally(() => (this.refilling = undefined));
    return this.refilling;
  }

  /** In its own turn of the event loop, so that the caller with the last key does not wait for the next ones. */
  private async mint(): Promise<void> {
    await setImmediate();
    this.pool.push(...(await this.store.mint(this.poolSize - this.pool.length)));
  }
}

/** For events without personal fields. */
export const noKeys: Pick<Keyring, 'take' | 'get' | 'load'> = {
  take: () => Promise.reject(new Error('these events have no keys')),
  get: () => undefined,
  load: () => Promise.resolve(new Map<KeyId, KeyState>()),
};
