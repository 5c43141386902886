import type { Origin } from './statement.js';
import { Trie } from './trie.js';

/**
 * The facts that a customer's events came from. A fact is known again by the digest of what was told; its source, id and
 * sequence tell whether the same id came with other content.
 */
export type SeenFacts = Trie<string>;

export const noFacts: SeenFacts = Trie.empty();

/** Digests are hexadecimal, so no name of a fact can be mistaken for one. */
const nameOf = ({ source, id, sequence = '' }: Origin): string => JSON.stringify([source, id, sequence]);

export function withFact(facts: SeenFacts, origin: Origin | undefined): SeenFacts {
  if (origin === undefined) return facts;
  const { digest = '' } = origin;
  const named = facts.set(nameOf(origin), digest);
  return digest === '' ? named : named.set(digest, '');
}

export type Recognition = 'new' | 'repeated' | 'conflict';

/** Whether a fact, or a row of bulk work, was taken before. */
export function recognize(facts: SeenFacts, origin: Origin): Recognition {
  const known = facts.get(nameOf(origin)) ?? takenByFirstVersion(facts, origin);
  if (known !== undefined) return known === '' || known === origin.digest ? 'repeated' : 'conflict';
  return origin.digest !== undefined && facts.get(origin.digest) !== undefined ? 'repeated' : 'new';
}

/** Version 0.1.0 read no sequence and kept no digest. */
function takenByFirstVersion(facts: SeenFacts, { source, id }: Origin): '' | undefined {
  return facts.get(nameOf({ source, id })) === '' ? '' : undefined;
}
