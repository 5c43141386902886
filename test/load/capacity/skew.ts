import { shardOf } from '#database';
import { random } from '../../support/random.js';

export interface Skew {
  readonly shards: number;
  /** The fullest shard against the mean: of customers, and of events. */
  readonly customers: number;
  readonly events: number;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** The share of each shard in the customers, and in events of which a customer of rank n has 1/n^exponent. */
export function skewOf(customers: number, exponent: number, shardCounts: readonly number[], seed = 1): Skew[] {
  const next = random(seed);
  const ids = Array.from({ length: customers }, () => idFrom(next));
  return shardCounts.map((shards) => {
    const [people, events] = [new Float64Array(shards), new Float64Array(shards)];
    ids.forEach((id, rank) => {
      const shard = shardOf(id, shards);
      people[shard] = (people[shard] ?? 0) + 1;
      events[shard] = (events[shard] ?? 0) + 1 / (rank + 1) ** exponent;
    });
    return { shards, customers: fullest(people), events: fullest(events) };
  });
}

/** The busiest customer's share of all events. */
export function busiest(customers: number, exponent: number): number {
  let all = 0;
  for (let rank = 1; rank <= customers; rank++) all += 1 / rank ** exponent;
  return 1 / all;
}

const idFrom = (next: () => number): string =>
  `cust_${Array.from({ length: 24 }, () => ALPHABET[Math.floor(next() * ALPHABET.length)]).join('')}`;

function fullest(parts: Float64Array): number {
  const all = parts.reduce((sum, part) => sum + part, 0);
  return (Math.max(...parts) * parts.length) / all;
}
