/** Random; tells nothing about whose key it is. */
export type KeyId = string;
/** A key of 32 bytes, or what is left of it. */
export type KeyState = Buffer | 'destroyed';

/** The key store was made under another master key. */
export class WrongMasterKey extends Error {
  constructor(where: string) {
    super(`the master key does not open ${where}: it was made under another one`);
  }
}

/** The port: keys that seal personal data. Safe to use from several processes and threads at once. */
export abstract class KeyStore {
  /** New random keys; durable once this resolves, so nothing is ever sealed under a key that a crash can lose. */
  abstract mint(count: number): Promise<readonly KeyId[]>;
  /** Those of the keys that exist or existed. */
  abstract load(ids: Iterable<KeyId>): Promise<Map<KeyId, KeyState>>;
  /** For good: once this resolves no copy is left in the store, only that it was there. May be repeated. */
  abstract destroy(id: KeyId): Promise<void>;
  /** The key under which names are hashed: made once, then always the same. */
  abstract index(): Promise<Buffer>;
  abstract close(): Promise<void>;
}
