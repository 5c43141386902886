import { LRUCache } from 'lru-cache';
import type { Known } from '#activity';
import { blank, customer, type CustomerEvent, type CustomerState, customerIn, customerStream } from '#customer';
import type { Decoded } from '#event-store';
import type { FollowerParts } from '../follower-parts.js';

interface Folded {
  readonly state: CustomerState;
  readonly revision: number;
}

const STREAM_BATCH = 500;

/**
 * The states of customers at each event, in the order of the history. A customer that is not cached is folded from its
 * stream once; after that the cost of an event does not depend on the length of the stream.
 */
export class Folding {
  private readonly known: LRUCache<string, Folded>;

  constructor(
    private readonly from: Pick<FollowerParts, 'store' | 'decoder'>,
    entities_max: number,
  ) {
    this.known = new LRUCache({ maxSize: entities_max, sizeCalculation: ({ state }) => 10 + state.entities.size });
  }

  /** Throws errors of the fold, and RangeError when events are missing or out of order. */
  async take({ event, recorded: { stream, revision } }: Decoded<CustomerEvent>): Promise<Known> {
    const { state: before } = await this.upTo(customerIn(stream), revision);
    const after = customer.evolve(before, event);
    this.known.set(customerIn(stream), { state: after, revision });
    return { before, after };
  }

  /** The state right before a revision. */
  private async upTo(id: string, revision: number): Promise<Folded> {
    const known = this.known.get(id);
    if (known?.revision === revision - 1) return known;
    const start = known !== undefined && known.revision < revision ? known : { state: blank, revision: -1 };
    return revision === 0 ? start : this.fold(id, revision, start);
  }

  /** Folds the stream from the known state on. */
  private async fold(id: string, revision: number, start: Folded): Promise<Folded> {
    const { store, decoder } = this.from;
    let folded = start;
    let events = [];
    const from = start.revision + 1;
    for await (const event of store.read(customerStream(id), { from, limit: revision - from })) {
      events.push(event);
      if (events.length < STREAM_BATCH && event.revision < revision - 1) continue;
      for (const one of await decoder.decode(events))
        folded = { state: customer.evolve(folded.state, one.event), revision: one.recorded.revision };
      events = [];
    }
    if (folded.revision !== revision - 1)
      throw new RangeError(`a stream ends at ${folded.revision} before ${revision}`);
    return folded;
  }
}
