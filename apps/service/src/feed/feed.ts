import { type CustomerEvent, type CustomerState, toDocument, customerIn } from '#customer';
import { type Decoded, type RecordedEvent, UnreadableEvent } from '#event-store';
import { entryId, groupOf, simpleCustomer, type SimpleCustomer, sourceOf, told } from '#read-model';
import type { Surroundings } from '../surroundings.js';
import { Folding, type Moment } from './folding.js';

/** The origin of a message in the history. */
interface Place {
  readonly customer_id: string;
  readonly occurred_at: string;
  readonly revision: number;
  readonly position: bigint;
  readonly correlation_id: string;
  readonly causation_id: string | undefined;
}

/** An activity of a customer, with type and data of contract section 4. Every event has at least one. */
export interface CustomerNews extends Place {
  readonly id: string;
  readonly type: string;
  readonly data: object;
  /** True for a message that only keeps revisions without gaps; webhooks skip it. */
  readonly is_filler?: boolean;
}

/** A customer after some events: the contract's document without `assets`; null for a deleted customer. */
export interface CustomerSnapshot extends Place {
  readonly document: object | null;
}

/** The messages of a batch of events. */
export interface News {
  readonly events: readonly CustomerNews[];
  /** Each customer of the batch, as of its end. */
  readonly customers: readonly CustomerSnapshot[];
}

/** Translates the history into the contract's messages. Each follower has its own feed, which only goes forwards. */
export class Feed {
  private readonly folding: Folding;

  constructor(
    private readonly from: Pick<Surroundings, 'store' | 'decoder' | 'log'>,
    entities_max: number,
    private readonly onLeftOut: () => void,
  ) {
    this.folding = new Folding(from, entities_max);
  }

  /** Leaves out, counts and logs events that cannot be read or folded, and the customer's later ones. */
  async tell(events: readonly RecordedEvent[]): Promise<News> {
    const news: CustomerNews[] = [];
    const last = new Map<string, Place & { readonly state: CustomerState }>();
    for (const decoded of await this.decode(events)) {
      try {
        const moment = await this.folding.take(decoded);
        const place = placeOf(decoded);
        news.push(...newsOf(place, decoded, moment));
        last.set(place.customer_id, { ...place, state: moment.after });
      } catch (error) {
        if (!isTheirFault(error)) throw error;
        this.leaveOut(decoded.recorded, error);
      }
    }
    const customers = Array.from(last.values(), ({ state, ...place }): CustomerSnapshot => ({
      ...place,
      document: documentOf(place.customer_id, state),
    }));
    return { events: news, customers };
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

function newsOf(place: Place, decoded: Decoded<CustomerEvent>, moment: Moment): CustomerNews[] {
  const { customer_id } = place;
  const { recorded, envelope } = decoded;
  const entries = told(customer_id, decoded, moment.before, moment.after);
  if (entries.length > 0) {
    const customer = named(customer_id, moment.after);
    return entries.map(({ id, type, payload, group_id, event_source }) => ({
      ...place,
      id,
      type,
      data: { customer, ...payload, group_id, event_source },
    }));
  }
  const { type, customer, is_filler } = untold(customer_id, moment);
  const origin = { group_id: groupOf(envelope.correlation_id), event_source: sourceOf(envelope.actor) };
  return [
    { ...place, id: entryId(recorded.id, 0), type, data: { customer, ...origin }, ...(is_filler && { is_filler }) },
  ];
}

/** The message of an event without activities, which keeps revisions without gaps: a deletion or a change. */
function untold(customer_id: string, { before, after }: Moment) {
  const isGone = after.status === 'deleted' || after.status === 'erased';
  const customer = documentOf(customer_id, after.status === 'deleted' ? before : after);
  return {
    type: isGone ? 'customer.deleted' : 'customer.updated',
    customer: customer ?? { id: customer_id, object: 'customer' },
    is_filler: !isGone,
  };
}

/** The contract's SimpleCustomer, cached by the profile, which most events do not change. */
function named(customer_id: string, state: CustomerState): SimpleCustomer {
  const { profile } = state.head;
  const known = names.get(profile);
  // customers without data share the empty profile
  if (known?.id === customer_id) return known;
  const name = simpleCustomer(customer_id, documentOf(customer_id, state) ?? undefined);
  if (state.status === 'active') names.set(profile, name);
  return name;
}
const names = new WeakMap<object, SimpleCustomer>();

const documentOf = (id: string, state: CustomerState): object | null =>
  state.status === 'active' ? toDocument(id, state) : null;
