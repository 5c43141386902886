import { CUSTOMER_STREAMS } from '#customer';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { ContractError } from '#contract';
import { FollowerParts } from '../follower-parts.js';
import { attributesOf, contentOf } from './cloud-event.js';
import { type EventStream, eventText } from './event-stream.js';
import { type CustomerActivity, type CustomerSnapshot, Feed, type FeedPart } from './feed.js';

export type FeedName = 'events' | 'customers';

export interface FeedPlace {
  readonly after: bigint;
  /** The last position; undefined for an endless feed. */
  readonly until: bigint | undefined;
}

const BATCH_SIZE_MAX = 500;
/** The cache weight of folded customers of one follower: customers and their entities. */
const ENTITIES_MAX = 20_000;

/** Serves followers over HTTP, each from its own position, up to FEED_CLIENTS_MAX. */
@Injectable()
export class Feeds implements OnModuleDestroy {
  private readonly stopping = new AbortController();
  private readonly open = new Set<Promise<void>>();

  constructor(private readonly parts: FollowerParts) {}

  /** The head of the history. Throws 429 for too many followers, 400 for a position beyond the head. */
  async admit(after: bigint): Promise<bigint> {
    const { config, store } = this.parts;
    if (this.open.size >= config.FEED_CLIENTS_MAX)
      throw new ContractError('too_many_requests', `${this.open.size} clients follow already`);
    const head = await store.head();
    if (after > head)
      throw new ContractError('invalid_query_params', 'after is a position that the history has not reached');
    return head;
  }

  /** Sends everything after a position, to the requested end, or until the client leaves or the service stops. */
  follow(name: FeedName, { after, until }: FeedPlace, stream: EventStream): Promise<void> {
    const { metrics, log } = this.parts;
    const serving = this.serve(name, { after, until }, stream)
      .catch((error: unknown) => {
        if (!stream.left.aborted) log.warn({ err: error, feed: name }, 'a feed client was disconnected');
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

  /** Nest calls this before it waits for open answers, which feeds never end. */
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.open);
  }

  private async serve(name: FeedName, { after, until }: FeedPlace, stream: EventStream): Promise<void> {
    if (until !== undefined && after >= until) return stream.send(endText(until));
    const signal = AbortSignal.any([this.stopping.signal, stream.left]);
    const feed = new Feed(this.parts, ENTITIES_MAX, () => this.parts.metrics.feedLeftOut.inc());
    const following = { prefixes: [CUSTOMER_STREAMS], batch_size_max: BATCH_SIZE_MAX, signal };
    for await (const batch of this.parts.store.follow(after, following)) {
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

/** Snapshots in the order of their last events, so that a client can resume at every id. */
const newest = ({ customers }: FeedPart): readonly CustomerSnapshot[] =>
  [...customers].sort((one, other) => (one.position < other.position ? -1 : 1));

/** Only the last message of an event has the id, so that a client that resumes there has received all of them. */
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
