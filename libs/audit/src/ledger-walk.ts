import { type ChainHead, chainStart, type EventStore, linked, type RecordedEvent, type StreamName } from '#event-store';

/** An event that was altered or moved. */
export interface BadRecord {
  readonly stream: StreamName;
  readonly revision: number;
  /** Further facts about it; absent for a hidden event. */
  readonly position?: string;
  readonly id?: string;
  readonly type?: string;
  /**
   * gap: another revision is due here. hash_mismatch: the event, or its link to the one before, does not match its hash.
   * hidden: it exists, but readers of its stream do not get it.
   */
  readonly reason: 'gap' | 'hash_mismatch' | 'hidden';
}

/** Streams checked together. */
const ASKED_MAX = 64;

/**
 * Recomputes the chains of all streams at once, in the order of the whole store. Keeps the end of each stream: some 300
 * bytes a stream.
 */
export class LedgerWalk {
  readonly heads = new Map<StreamName, ChainHead>();
  events = 0;
  private readonly bad = new Set<StreamName>();

  /** After a bad event the chain continues from the store's own values, so that the next bad one is found as well. */
  take(event: RecordedEvent): BadRecord | undefined {
    const { stream, revision, position, id, type } = event;
    const { next, fault: reason } = linked(this.heads.get(stream) ?? chainStart, event);
    const { hash } = event.metadata;
    this.heads.set(stream, reason ? { revision, hash: typeof hash === 'string' ? hash : next.hash } : next);
    this.events += 1;
    if (reason) this.bad.add(stream);
    return reason && { stream, revision, position: String(position), id, type, reason };
  }

  /** Metadata of a store can hide events of a stream: the ends of sound streams are read again, as the service reads them. */
  async *hidden(store: Pick<EventStore, 'read'>): AsyncGenerator<BadRecord> {
    const sound = [...this.heads].filter(([stream]) => !this.bad.has(stream));
    for (let from = 0; from < sound.length; from += ASKED_MAX) {
      const asked = sound.slice(from, from + ASKED_MAX).map(([stream, end]) => hiddenOf(store, stream, end));
      yield* (await Promise.all(asked)).filter((found) => found !== undefined);
    }
  }
}

/** The first event that readers of the stream do not get. */
async function hiddenOf(
  store: Pick<EventStore, 'read'>,
  stream: StreamName,
  { revision: end }: ChainHead,
): Promise<BadRecord | undefined> {
  const revisionAt = async (direction: 'forwards' | 'backwards'): Promise<number> => {
    for await (const { revision } of store.read(stream, { direction, limit: 1 })) return revision;
    return -1;
  };
  const [first, last] = await Promise.all([revisionAt('forwards'), revisionAt('backwards')]);
  if (first !== 0) return { stream, revision: 0, reason: 'hidden' };
  return last < end ? { stream, revision: last + 1, reason: 'hidden' } : undefined;
}
