import { type ActivityMessage, documentOf, messagesOf } from '#activity';
import { type CustomerEvent, customerIn, type CustomerState } from '#customer';
import { type Decoded, type RecordedEvent, UnreadableEvent } from '#event-store';
import type { FollowerParts } from '../follower-parts.js';
import { Folding } from './folding.js';

/** The origin of a message in the history. */
interface Place {
  readonly customer_id: string;
  readonly occurred_at: string;
  readonly revision: number;
  readonly position: bigint;
  readonly correlation_id: string;
  readonly causation_id: string | undefined;
}

/** An activity and its place. Every event has at least one. */
export interface CustomerActivity extends Place, ActivityMessage {}

/** A customer after some events: the contract's document without `assets`, or null for a customer who is gone. */
export interface CustomerSnapshot extends Place {
  readonly document: object | null;
}

/** The messages of a batch of events. */
export interface FeedPart {
  readonly events: readonly CustomerActivity[];
  /** Each customer of the batch, as of its end. */
  readonly customers: readonly CustomerSnapshot[];
}

/** Translates the history into the contract's messages. Each follower has its own feed, which only goes forwards. */
export class Feed {
  private readonly folding: Folding;

  constructor(
    private readonly from: Pick<FollowerParts, 'store' | 'decoder' | 'log'>,
    entities_max: number,
    private readonly onLeftOut: () => void,
  ) {
    this.folding = new Folding(from, entities_max);
  }

  /** Leaves out, counts and logs events that cannot be read or folded, and the customer's later ones. */
  async describe(events: readonly RecordedEvent[]): Promise<FeedPart> {
    const activities: CustomerActivity[] = [];
    const last = new Map<string, Place & { readonly state: CustomerState }>();
    for (const decoded of await this.decode(events)) {
      try {
        const known = await this.folding.take(decoded);
        const place = placeOf(decoded);
        const messages = messagesOf(place.customer_id, decoded, known);
        activities.push(...messages.map((one) => ({ ...place, ...one })));
        last.set(place.customer_id, { ...place, state: known.after });
      } catch (error) {
        if (!isTheirFault(error)) throw error;
        this.leaveOut(decoded.recorded, error);
      }
    }
    const customers = Array.from(last.values(), ({ state, ...place }): CustomerSnapshot => ({
      ...place,
      document: documentOf(place.customer_id, state),
    }));
    return { events: activities, customers };
  }

  /** Decodes events together, and one by one only when that fails. */
  private async decode(events: readonly RecordedEvent[]): Promise<Decoded<CustomerEvent>[]> {
    const { decoder } = this.from;
    try {
      return await decoder.decode(events);
    } catch (error) {
      if (!isTheirFault(error)) throw error;
      if (events.length > 1) return (await Promise.all(events.map((one) => this.decode([one])))).flat();
      for (const one of events) this.leaveOut(one, error);
      return [];
    }
  }

  private leaveOut({ stream, revision }: RecordedEvent, error: unknown): void {
    this.onLeftOut();
    this.from.log.error({ err: error, stream, revision }, 'an event was left out of a feed');
  }
}

/** True for faults of data or code; all others come from the engines and pass. */
const isTheirFault = (error: unknown): boolean =>
  error instanceof UnreadableEvent || error instanceof TypeError || error instanceof RangeError;

function placeOf({ event, recorded, envelope }: Decoded<CustomerEvent>): Place {
  const { stream, revision, position } = recorded;
  const { correlation_id, causation_id } = envelope;
  return {
    customer_id: customerIn(stream),
    occurred_at: event.occurred_at,
    revision,
    position,
    correlation_id,
    causation_id,
  };
}
