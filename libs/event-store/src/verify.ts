import { chainHash, GENESIS } from './envelope.js';
import type { RecordedEvent, Revision } from './event-store.js';

/** The end of a chain; a copy kept elsewhere proves later that the history was neither cut nor rewritten. */
export interface ChainHead {
  readonly revision: Revision;
  readonly hash: string;
}

export interface FirstBad {
  readonly revision: Revision;
  /**
   * gap: another revision is due here. foreign: the event belongs to another stream. hash_mismatch: the event, or its link
   * to the previous one, does not match its hash. rewritten: the chain is sound, but does not contain the known head.
   * truncated: the chain ends before the known head.
   */
  readonly reason: 'gap' | 'foreign' | 'hash_mismatch' | 'rewritten' | 'truncated';
}

export interface ChainVerdict {
  readonly valid: boolean;
  /** The number of sound events from the first on. */
  readonly events: number;
  /** The end of the sound part. */
  readonly head: ChainHead;
  readonly first_bad?: FirstBad;
}

/** Walks one whole stream and recomputes its chain. Only a known head reveals a truncated end. */
export async function verifyStream(
  events: AsyncIterable<RecordedEvent> | Iterable<RecordedEvent>,
  known?: ChainHead,
): Promise<ChainVerdict> {
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

/** The chain with one more event, and the fault of that link. */
export function linked(head: ChainHead, event: RecordedEvent): { next: ChainHead; fault?: 'gap' | 'hash_mismatch' } {
  const own = hashOf(head, event);
  const next = { revision: head.revision + 1, hash: own ?? head.hash };
  if (event.revision !== next.revision) return { next, fault: 'gap' };
  return own !== undefined && event.metadata['hash'] === own ? { next } : { next, fault: 'hash_mismatch' };
}

/** Undefined for data nested too deeply to hash. */
function hashOf({ hash }: ChainHead, event: RecordedEvent): string | undefined {
  try {
    return chainHash(hash, event);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The chain before the first event. */
export const chainStart: ChainHead = { revision: -1, hash: GENESIS };

const faultAgainst = (known: ChainHead | undefined, at: ChainHead): 'rewritten' | undefined =>
  known?.revision === at.revision && known.hash !== at.hash ? 'rewritten' : undefined;

const bad = (head: ChainHead, revision: Revision, reason: FirstBad['reason']): ChainVerdict => ({
  valid: false,
  events: head.revision + 1,
  head,
  first_bad: { revision, reason },
});
