import { randomBytes } from 'node:crypto';
import type { Position } from './event-store.js';

/** Contains the time of minting and nothing about the person. Keys minted together lie together in an index. */
export type KeyId = string;
/** A key of 32 bytes, or its tombstone. */
export type KeyState = Buffer | 'destroyed';

const ID_TIME_BYTES = 6;
const ID_RANDOM_BYTES = 10;
export const KEY_BYTES = 32;

/** The key store belongs to another master key. */
export class WrongMasterKey extends Error {
  constructor(where: string) {
    super(`the master key does not open ${where}: it was made under another one`);
  }
}

/** The port: keys that seal personal data. Safe for concurrent use by processes and threads. */
export abstract class KeyStore {
  /** New random keys; durable once this resolves, so that no crash loses a key that sealed something. */
  abstract mint(count: number): Promise<ReadonlyMap<KeyId, Buffer>>;
  /** The keys that exist, and tombstones of destroyed ones. */
  abstract load(ids: Iterable<KeyId>): Promise<Map<KeyId, KeyState>>;
  /** Final: once this resolves, only a tombstone is left. May be repeated. */
  abstract destroy(id: KeyId): Promise<void>;
  /**
   * The position of an event store up to which its erasures were carried out in these keys; 0n by default. A restored backup
   * lags behind the history, and its keys have to be destroyed again.
   */
  abstract erasedUpTo(eventStore: string): Promise<Position>;
  /** Never decreases. */
  abstract noteErased(eventStore: string, position: Position): Promise<void>;
  /** The key that hashes names: made once, then always the same. */
  abstract index(): Promise<Buffer>;
  abstract close(): Promise<void>;
}

/** New ids and keys, not stored yet. */
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
