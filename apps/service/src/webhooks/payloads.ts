import { type CustomerEvent, customerStream, shown } from '#customer';
import type { Decoder, EventStore, RecordedEvent } from '#event-store';
import type { Due, Webhook } from '#operations';
import { type CustomerActivity, Feed } from '../feed/feed.js';
import type { Log } from '../ops/log.js';
import { projectId } from './signature.js';

interface Parts {
  readonly store: EventStore;
  readonly decoder: Decoder<CustomerEvent>;
  readonly log: Log;
}

/** The reasons for a delivery that is discarded without an attempt. */
export type Discarded = 'customer_erased' | 'cannot_be_told';

const ENTITIES_MAX = 20_000;

/** Makes the bodies of deliveries from the history at each attempt, so that no personal data is stored with them. */
export class Payloads {
  private readonly feed: Feed;
  private project_id: string | undefined;

  constructor(
    private readonly parts: Parts,
    onLeftOut: () => void,
  ) {
    this.feed = new Feed(parts, ENTITIES_MAX, onLeftOut);
  }

  /** The body, which is the same at each attempt, or the reason for its absence. */
  async tell(due: Due, { id, target_url }: Webhook): Promise<{ readonly body: string } | Discarded> {
    const stream = customerStream(due.customer_id);
    const last = await this.one(stream, { direction: 'backwards' });
    // the feed may still hold the state before the erasure
    if (last?.type === 'CustomerErased' && last.revision !== due.revision) return 'customer_erased';
    const recorded = await this.one(stream, { from: due.revision });
    if (recorded === undefined) return 'cannot_be_told';
    const activity = (await this.feed.describe([recorded])).events.find((one) => one.id === due.news_id);
    if (activity === undefined) return 'cannot_be_told';
    this.project_id ??= projectId(await this.parts.store.identity());
    const head = { id: due.id, project_id: this.project_id, created_at: due.created_at, type: activity.type };
    return { body: JSON.stringify({ ...head, ...contentOf(activity, { id, object: 'webhook', target_url }) }) };
  }

  private async one(
    stream: string,
    options: { from?: number; direction?: 'backwards' },
  ): Promise<RecordedEvent | undefined> {
    for await (const event of this.parts.store.read(stream, { ...options, limit: 1 })) return event;
    return undefined;
  }
}

/** The body of contract 4.3: the data of the event, and its origin beside it. */
function contentOf({ id, type, occurred_at, customer_id, data }: CustomerActivity, source: object): object {
  const { group_id, event_source, ...payload } = data as Readonly<Record<string, unknown>>;
  return {
    data: payload,
    source,
    event: { id, type, created_at: shown(occurred_at), entity_id: customer_id, group_id, event_source },
  };
}
