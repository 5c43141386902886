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
  let head: ChainHead = { revision: -1, hash: GENESIS };
  let stream: string | undefined;
  for await (const event of events) {
    stream ??= event.stream;
    const next: ChainHead = { revision: head.revision + 1, hash: chainHash(head.hash, event) };
    const reason = event.stream === stream ? faultOf(event, next, known) : 'foreign';
    if (reason) return bad(head, next.revision, reason);
    head = next;
  }
  if (known && head.revision < known.revision) return bad(head, head.revision + 1, 'truncated');
  return { valid: true, events: head.revision + 1, head };
}

function faultOf(event: RecordedEvent, due: ChainHead, known: ChainHead | undefined): FirstBad['reason'] | undefined {
  if (event.revision !== due.revision) return 'gap';
  if (event.metadata['hash'] !== due.hash) return 'hash_mismatch';
  if (known?.revision === due.revision && known.hash !== due.hash) return 'rewritten';
  return undefined;
}

const bad = (head: ChainHead, revision: Revision, reason: FirstBad['reason']): Verdict => ({
  valid: false,
  events: head.revision + 1,
  head,
  first_bad: { revision, reason },
});
