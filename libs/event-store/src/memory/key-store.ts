import { randomBytes } from 'node:crypto';
import { KEY_BYTES, KeyStore, newKeys, type KeyId, type KeyState } from '../key-store.js';

/** Keeps keys in memory; for tests and trials. */
export class MemoryKeyStore extends KeyStore {
  readonly #keys = new Map<KeyId, KeyState>();
  readonly #index = randomBytes(KEY_BYTES);
  readonly #erased = new Map<string, bigint>();

  override async mint(count: number): Promise<ReadonlyMap<KeyId, Buffer>> {
    const keys = newKeys(count);
    for (const [id, key] of keys) this.#keys.set(id, key);
    return keys;
  }

  override async load(ids: Iterable<KeyId>): Promise<Map<KeyId, KeyState>> {
    const found = new Map<KeyId, KeyState>();
    for (const id of ids) {
      const state = this.#keys.get(id);
      if (state !== undefined) found.set(id, state === 'destroyed' ? state : Buffer.from(state));
    }
    return found;
  }

  override async destroy(id: KeyId): Promise<void> {
    this.#keys.set(id, 'destroyed');
  }

  override async erasedUpTo(eventStore: string): Promise<bigint> {
    return this.#erased.get(eventStore) ?? 0n;
  }

  override async noteErased(eventStore: string, position: bigint): Promise<void> {
    if (position > (await this.erasedUpTo(eventStore))) this.#erased.set(eventStore, position);
  }

  override async index(): Promise<Buffer> {
    return this.#index;
  }

  override async close(): Promise<void> {}
}
