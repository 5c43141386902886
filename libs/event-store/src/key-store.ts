import { randomBytes } from 'node:crypto';
import type { Position } from './event-store.js';

/** Random; tells nothing about whose key it is. */
export type KeyId = string;
/** A key of 32 bytes, or what is left of it. */
export type KeyState = Buffer | 'destroyed';

const ID_BYTES = 16;
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
  const random = randomBytes(count * (ID_BYTES + KEY_BYTES));
  const keys = new Map<KeyId, Buffer>();
  for (let at = 0; at < random.length; at += ID_BYTES + KEY_BYTES) {
    const id = random.toString('base64url', at, at + ID_BYTES);
    keys.set(id, Buffer.from(random.subarray(at + ID_BYTES, at + ID_BYTES + KEY_BYTES)));
  }
  return keys;
}
