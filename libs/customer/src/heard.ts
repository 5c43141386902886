import type { EventOf } from './fold.js';
import { canonical } from './merge.js';
import { hash, Trie } from './trie.js';

type AnyEvent = EventOf<string, object>;

/**
 * Everything that was said, by digest. A fact that changes nothing now is either known, or older than what is known: then
 * it is recorded all the same, because it changes what was true at its own time.
 */
export interface Heard {
  readonly digests: Trie<true>;
  /** What came last is digested when somebody asks: of many customers there is nothing more. */
  readonly last?: AnyEvent;
}

export const nothingHeard: Heard = { digests: Trie.empty() };

const all = ({ digests, last }: Heard): Trie<true> => (last ? digests.set(digestOf(last), true) : digests);

export const hasHeard = (heard: Heard, event: AnyEvent): boolean =>
  heard !== nothingHeard && all(heard).get(digestOf(event)) === true;

/** The very same when it was heard before. */
export const hear = (heard: Heard, event: AnyEvent): Heard =>
  hasHeard(heard, event) ? heard : { digests: all(heard), last: event };

/** How many things were said. */
export const heardOf = ({ digests, last }: Heard): number => digests.size + (last ? 1 : 0);

/** What a fact becomes depends on what was there: the same fact is the one event first and the other one later. */
const FIRST: { readonly [type: string]: string } = { OrderChanged: 'OrderPlaced', CustomerUpdated: 'CustomerCreated' };

const digests = new WeakMap<AnyEvent, string>();

function digestOf(event: AnyEvent): string {
  const known = digests.get(event);
  if (known !== undefined) return known;
  const type = FIRST[event.type] ?? event.type;
  const text = canonical({
    type,
    at: event.occurred_at,
    said: type === 'CustomerCreated' ? said(event.data) : event.data,
  });
  const digest = hash(text).toString(36) + hash(text, SECOND_BASIS).toString(36);
  digests.set(event, digest);
  return digest;
}

/** Of a customer, without what only the first event says. */
function said({ source_id: _, created_at, implicit, ...rest }: Birth): object {
  return implicit === true ? rest : { ...rest, created_at };
}

interface Birth {
  readonly source_id?: string;
  readonly created_at?: string;
  readonly implicit?: boolean;
}

/** Two digests of 32 bits: one that is wrong costs a fact that is late and changes nothing now, never more. */
const SECOND_BASIS = 0x6b43a9b5;
