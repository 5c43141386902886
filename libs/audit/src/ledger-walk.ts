import { type ChainHead, chainStart, linked, type RecordedEvent, type StreamName } from '#event-store';

/** An event that is not as it was written, or not where it was. */
export interface BadRecord {
  readonly stream: StreamName;
  readonly revision: number;
  readonly position: string;
  readonly id: string;
  readonly type: string;
  /** gap: another revision is due here. hash_mismatch: the event, or its link to the one before, is not what was hashed. */
  readonly reason: 'gap' | 'hash_mismatch';
}

/**
 * Recomputes the chains of all streams at once, in the order of the whole store. Keeps the end of each stream: some 300
 * bytes a stream.
 */
export class LedgerWalk {
  readonly heads = new Map<StreamName, ChainHead>();
  events = 0;

  /** After a bad event the chain goes on from what the store says, so that the next bad one is found as well. */
  take(event: RecordedEvent): BadRecord | undefined {
    const { stream, revision, position, id, type } = event;
    const { next, fault: reason } = linked(this.heads.get(stream) ?? chainStart, event);
    const { hash } = event.metadata;
    this.heads.set(stream, reason ? { revision, hash: typeof hash === 'string' ? hash : next.hash } : next);
    this.events += 1;
    return reason && { stream, revision, position: String(position), id, type, reason };
  }
}
