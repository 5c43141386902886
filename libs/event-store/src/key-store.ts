import { randomBytes } from 'node:crypto';
import type { Position } from './event-store.js';

/** Tells when it was minted and nothing about whose key it is. Keys minted together lie together in an index. */
export type KeyId = string;
/** A key of 32 bytes, or what is left of it. */
export type KeyState = Buffer | 'destroyed';

const ID_TIME_BYTES = 6;
const ID_RANDOM_BYTES = 10;
export const KEY_BYTES = 32;

/** The key store was made under another master key. */
export class WrongMasterKey extends Error {
  constructor(where: string) {
    super(`the master key does not open ${where}: it was made under another one`);
  }
}

/** The port: keys that seal personal data. Safe to use from several processes and threads at once. */
export abstract class KeyStore {
  /** New random keys; durable once this resolves, so nothing is ever sealed under a key that a crash can lose. */
  abstract mint(count: number): Promise<ReadonlyMap<KeyId, Buffer>>;
  /** Those of the keys that exist or existed. */
  abstract load(ids: Iterable<KeyId>): Promise<Map<KeyId, KeyState>>;
  /** For good: once this resolves no copy is left in the store, only that it was there. May be repeated. */
  abstract destroy(id: KeyId): Promise<void>;
  /**
   * Up to which position of an event store its erasures were carried out in these keys; 0n when nothing is known. One that was
   * brought back from a backup knows less than the history, and its keys have to be destroyed again.
   */
  abstract erasedUpTo(eventStore: string): Promise<Position>;
  /** Never goes back. */
  abstract noteErased(eventStore: string, position: Position): Promise<void>;
  /** The key under which names are hashed: made once, then always the same. */
  abstract index(): Promise<Buffer>;
  abstract close(): Promise<void>;
}

/** Ids and keys, not yet kept anywhere. */
export function newKeys(count: number): Map<KeyId, Buffer> {
  const time = Buffer.alloc(ID_TIME_BYTES);
  time.writeUIntBE(Date.now(), 0, ID_TIME_BYTES);
  const random = randomBytes(count * (ID_RANDOM_BYTES + KEY_BYTES));
  const keys = new Map<KeyId, Buffer>();
  for (let at = 0; at < random.length; at += ID_RANDOM_BYTES + KEY_BYTES) {
    const secret = at + ID_RANDOM_BYTES;
    const id = Buffer.concat([time, random.subarray(at, secret)]).toString('base64url');
    keys.set(id, Buffer.from(random.subarray(secret, secret + KEY_BYTES)));
  }
  return keys;
}
