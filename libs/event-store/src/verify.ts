import { chainHash, GENESIS } from './envelope.js';
import type { RecordedEvent, Revision } from './event-store.js';

/** The end of a chain: whoever keeps it elsewhere can prove later that nothing was cut off or written anew. */
export interface ChainHead {
  readonly revision: Revision;
  readonly hash: string;
}

export interface FirstBad {
  readonly revision: Revision;
  /**
   * gap: another revision is due here. foreign: the event belongs to another stream. hash_mismatch: the event, or its link
   * to the previous one, is not what was hashed. rewritten: the chain is sound, but not the one whose head is known.
   * truncated: the chain ends before the head that is known.
   */
  readonly reason: 'gap' | 'foreign' | 'hash_mismatch' | 'rewritten' | 'truncated';
}

export interface Verdict {
  readonly valid: boolean;
  /** How many events, from the first on, are as they were written. */
  readonly events: number;
  /** Of the sound part. */
  readonly head: ChainHead;
  readonly first_bad?: FirstBad;
}

/** Walks one whole stream and recomputes its chain. An end that is cut off shows only against a head known from before. */
export async function verifyStream(
  events: AsyncIterable<RecordedEvent> | Iterable<RecordedEvent>,
  known?: ChainHead,
): Promise<Verdict> {
  let head = chainStart;
  let stream: string | undefined;
  for await (const event of events) {
    stream ??= event.stream;
    const { next, fault } = linked(head, event);
    const reason = event.stream === stream ? (fault ?? faultAgainst(known, next)) : 'foreign';
    if (reason) return bad(head, next.revision, reason);
    head = next;
  }
  if (known && head.revision < known.revision) return bad(head, head.revision + 1, 'truncated');
  return { valid: true, events: head.revision + 1, head };
}

/** The chain with one more event, and what is wrong with that link. */
export function linked(head: ChainHead, event: RecordedEvent): { next: ChainHead; fault?: 'gap' | 'hash_mismatch' } {
  const own = hashOf(head, event);
  const next = { revision: head.revision + 1, hash: own ?? head.hash };
  if (event.revision !== next.revision) return { next, fault: 'gap' };
  return own !== undefined && event.metadata['hash'] === own ? { next } : { next, fault: 'hash_mismatch' };
}

/** Undefined for what is nested deeper than anybody writes. */
function hashOf({ hash }: ChainHead, event: RecordedEvent): string | undefined {
  try {
    return chainHash(hash, event);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Where every stream begins. */
export const chainStart: ChainHead = { revision: -1, hash: GENESIS };

const faultAgainst = (known: ChainHead | undefined, at: ChainHead): 'rewritten' | undefined =>
  known?.revision === at.revision && known.hash !== at.hash ? 'rewritten' : undefined;

const bad = (head: ChainHead, revision: Revision, reason: FirstBad['reason']): Verdict => ({
  valid: false,
  events: head.revision + 1,
  head,
  first_bad: { revision, reason },
});
