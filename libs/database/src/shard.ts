/** A follower's work is split by customer into this many shards at most. */
export const SHARDS_MAX = 1_024;

/** Which of `shards` equal parts of the hash space a customer belongs to: 0 to shards - 1. */
export function shardOf(customerId: string, shards: number): number {
  return Math.floor((hash32(customerId) / 2 ** 32) * shards);
}

/** Of `shards` parts the ones that share customers with part `shard` of `of`. */
export function overlapping(shard: number, of: number, shards: number): number[] {
  const first = Math.floor((shard * shards) / of);
  const last = Math.ceil(((shard + 1) * shards) / of) - 1;
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** FNV-1a over UTF-16 units, then MurmurHash3's finalizer: close ids end up far apart. Never to be changed: shards rest on it. */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
