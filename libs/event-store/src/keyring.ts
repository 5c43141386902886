import { setImmediate } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { KeyId, KeyState, KeyStore } from './key-store.js';

export interface KeyringOptions {
  /** Keys minted ahead; more are minted in the background when a quarter is left. */
  readonly pool_size?: number;
  readonly cache_size_max?: number;
  /** How long a key that another process destroyed may still be used here, when nobody calls `forget`. */
  readonly cache_ms_max?: number;
}

const POOL_SIZE = 256;
const CACHE_SIZE_MAX = 20_000;
const CACHE_MS_MAX = 60_000;

/**
 * Keys at hand: a pool of new ones, and those in use, unwrapped, for a bounded time.
 * Destroying goes through `destroy` here. Every other keyring on the same key store (another thread or process) is told
 * by `forget` when its owner sees the event of the erasure; one that is not told finds out after `cache_ms_max`.
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

  /** A durable key that nobody has yet; waits only when the pool is empty. */
  async take(): Promise<KeyId> {
    let taken = this.pool.pop();
    while (taken === undefined) {
      await this.refill();
      taken = this.pool.pop();
    }
    // a failure is not lost: the next refill that somebody waits for meets it again
    if (this.pool.length < this.poolSize / 4) void this.refill().catch(() => undefined);
    this.cache.set(...taken);
    return taken[0];
  }

  /** The keys by id, read in bulk where they are not at hand. Ids that the key store does not know are left out. */
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

  /** A key at hand: undefined when it was not loaded, or long ago. */
  get(id: KeyId): KeyState | undefined {
    return this.cache.get(id);
  }

  /** Destroys a key for good. */
  async destroy(id: KeyId): Promise<void> {
    this.remember(id, 'destroyed');
    try {
      await this.store.destroy(id);
    } catch (error) {
      // only the store knows how far it came: without asking it, nobody is to be told of an erasure
      this.forget(id);
      throw error;
    }
  }

  /** Lets go of a key; the next use asks the key store again. */
  forget(id: KeyId): void {
    this.cache.delete(id);
  }

  /** Lets go of all keys but the unused ones. */
  forgetAll(): void {
    this.cache.clear();
  }

  /** What was read before a destruction does not come back after it. */
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

  /** In its own turn of the event loop, so that whoever took the last key need not wait for the next ones. */
  private async mint(): Promise<void> {
    await setImmediate();
    this.pool.push(...(await this.store.mint(this.poolSize - this.pool.length)));
  }
}

/** For events in which nothing is personal. */
export const noKeys: Pick<Keyring, 'take' | 'get' | 'load'> = {
  take: () => Promise.reject(new Error('these events have no keys')),
  get: () => undefined,
  load: () => Promise.resolve(new Map<KeyId, KeyState>()),
};
