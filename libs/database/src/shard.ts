/** The largest number of shards that a follower's work can be split into. */
export const SHARDS_MAX = 1_024;

/** The customer's shard, from 0 to `shards` - 1: each covers an equal part of the hash space. */
export function shardOf(customerId: string, shards: number): number {
  return Math.floor((hash32(customerId) / 2 ** 32) * shards);
}

/** The shards, out of `shards`, that share customers with shard `shard` out of `of`. */
export function overlapping(shard: number, of: number, shards: number): number[] {
  const first = Math.floor((shard * shards) / of);
  const last = Math.ceil(((shard + 1) * shards) / of) - 1;
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** FNV-1a over UTF-16 units, then MurmurHash3's finalizer. Never change it: stored checkpoints depend on the shards. */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
