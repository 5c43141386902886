import { CUSTOMER_STREAMS } from '#customer';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { ContractError } from '#contract';
import { Surroundings } from '../surroundings.js';
import { attributesOf, contentOf } from './cloud-event.js';
import { type EventStream, eventText } from './event-stream.js';
import { type CustomerActivity, type CustomerSnapshot, Feed, type FeedPart } from './feed.js';

export type FeedName = 'events' | 'customers';

export interface FeedPlace {
  readonly after: bigint;
  /** Where it ends; never, when it is left out. */
  readonly until: bigint | undefined;
}

const BATCH_SIZE_MAX = 500;
/** Customers that a follower keeps folded, with their orders and the rest. */
const ENTITIES_MAX = 20_000;

/** Followers over HTTP: each with a place of its own in the history, as many as are allowed. */
@Injectable()
export class Feeds implements OnModuleDestroy {
  private readonly stopping = new AbortController();
  private readonly open = new Set<Promise<void>>();

  constructor(private readonly surroundings: Surroundings) {}

  /** The present end of the history. Throws 429 when there are enough followers, 400 for a place beyond it. */
  async admit(after: bigint): Promise<bigint> {
    const { config, store } = this.surroundings;
    if (this.open.size >= config.FEED_CLIENTS_MAX)
      throw new ContractError('too_many_requests', `${this.open.size} clients follow already`);
    const head = await store.head();
    if (after > head)
      throw new ContractError('invalid_query_params', 'after is a position that the history has not reached');
    return head;
  }

  /** Tells everything after a position until the end that is asked for, or until the client leaves or the service stops. */
  follow(name: FeedName, { after, until }: FeedPlace, stream: EventStream): Promise<void> {
    const { metrics, log } = this.surroundings;
    const serving = this.serve(name, { after, until }, stream)
      .catch((error: unknown) => {
        if (!stream.left.aborted) log.warn({ err: error, feed: name }, 'a follower was let go');
      })
      .finally(() => {
        stream.end();
        this.open.delete(serving);
        metrics.feedClients.set(this.open.size);
      });
    this.open.add(serving);
    metrics.feedClients.set(this.open.size);
    return serving;
  }

  /** Called by Nest before it waits for open answers, which these would be for ever. */
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.open);
  }

  private async serve(name: FeedName, { after, until }: FeedPlace, stream: EventStream): Promise<void> {
    if (until !== undefined && after >= until) return stream.send(endText(until));
    const signal = AbortSignal.any([this.stopping.signal, stream.left]);
    const feed = new Feed(this.surroundings, ENTITIES_MAX, () => this.surroundings.metrics.feedLeftOut.inc());
    const following = { prefixes: [CUSTOMER_STREAMS], batch_size_max: BATCH_SIZE_MAX, signal };
    for await (const batch of this.surroundings.store.follow(after, following)) {
      const events = until === undefined ? batch.events : batch.events.filter(({ position }) => position <= until);
      const part = await feed.describe(events);
      const text = textOf(name === 'events' ? part.events : newest(part));
      if (text !== '') await stream.send(text);
      if (signal.aborted) return;
      if (until !== undefined && batch.position >= until) return stream.send(endText(until));
    }
  }
}

const endText = (position: bigint): string => eventText({ id: String(position), type: 'end', data: {} });

/** In the order of their last events, so that every id is a place to go on from. */
const newest = ({ customers }: FeedPart): readonly CustomerSnapshot[] =>
  [...customers].sort((one, other) => (one.position < other.position ? -1 : 1));

/** Only the last activity of an event has the id: a client that goes on from there has had all of them. */
function textOf(all: readonly (CustomerActivity | CustomerSnapshot)[]): string {
  return all
    .map((one, index) => {
      const { type, ...attributes } = attributesOf(one);
      const isLast = all[index + 1]?.position !== one.position;
      const data = { ...attributes, type, datacontenttype: 'application/json', data: contentOf(one) };
      return eventText({ type, data, ...(isLast && { id: String(one.position) }) });
    })
    .join('');
}
