import type { Origin } from './statement.js';
import { Trie } from './trie.js';

/**
 * The facts that a customer's events came from, for deduplication. The digest of the content recognizes a repeated
 * fact; source, id and sequence detect the same id with other content.
 */
export type SeenFacts = Trie<string>;

export const noFacts: SeenFacts = Trie.empty();

/** The key of a fact by name: JSON, which cannot collide with a hexadecimal digest. */
const nameOf = ({ source, id, sequence = '' }: Origin): string => JSON.stringify([source, id, sequence]);

export function withFact(facts: SeenFacts, origin: Origin | undefined): SeenFacts {
  if (origin === undefined) return facts;
  const { digest = '' } = origin;
  const named = facts.set(nameOf(origin), digest);
  return digest === '' ? named : named.set(digest, '');
}

export type Recognition = 'new' | 'repeated' | 'conflict';

/** Recognizes a fact, or a row of bulk work, that was recorded before. */
export function recognize(facts: SeenFacts, origin: Origin): Recognition {
  const known = facts.get(nameOf(origin)) ?? takenByFirstVersion(facts, origin);
  if (known !== undefined) return known === '' || known === origin.digest ? 'repeated' : 'conflict';
  return origin.digest !== undefined && facts.get(origin.digest) !== undefined ? 'repeated' : 'new';
}

/** Facts recorded by version 0.1.0, which had neither sequences nor digests. */
function takenByFirstVersion(facts: SeenFacts, { source, id }: Origin): '' | undefined {
  return facts.get(nameOf({ source, id })) === '' ? '' : undefined;
}
