import {
  blank,
  customer,
  type CustomerDocument,
  type CustomerEvent,
  type CustomerState,
  customerStream,
  happenedBy,
  type Instant,
  toDocument,
} from '#customer';
import {
  type Decoded,
  type Decoder,
  type EventStore,
  nineDigits,
  type Position,
  type ReadOptions,
  type RecordedEvent,
  UnreadableEvent,
} from '#event-store';

/** A point in a customer's history: by recorded events, or by business time with today's knowledge. */
export type Moment =
  | { readonly revision: number }
  | { readonly position: Position }
  | { readonly recorded_at: Instant }
  | { readonly happened_at: Instant };

/** The state of a customer at a moment. */
export interface Standing {
  readonly state: CustomerState;
  /** The last event until then; undefined before the first. */
  readonly last: Past | undefined;
}

/** An event of a customer's past. */
export type Past = Decoded<CustomerEvent>;

/** The last state of a customer before its end. */
export interface Ending {
  readonly at: Instant;
  readonly events: number;
  readonly orders: number;
}

/** Events decoded together: bounds memory, and the time that a thread is blocked. */
const PAGE_SIZE = 500;

/** The past of customers, folded from their streams alone. Throws UnreadableEvent for an event that cannot be decoded. */
export class History {
  constructor(
    private readonly store: Pick<EventStore, 'read'>,
    private readonly decoder: Pick<Decoder<CustomerEvent>, 'decode'>,
  ) {}

  /** As stored, sealed. */
  recorded(customerId: string, options?: ReadOptions): AsyncIterable<RecordedEvent> {
    return this.store.read(customerStream(customerId), options);
  }

  /** Decodes page by page. */
  async *events(customerId: string, options?: ReadOptions): AsyncGenerator<Past> {
    let page: RecordedEvent[] = [];
    for await (const event of this.recorded(customerId, options)) {
      page.push(event);
      if (page.length < PAGE_SIZE) continue;
      yield* this.decode(page);
      page = [];
    }
    if (page.length > 0) yield* this.decode(page);
  }

  /** The events until a moment, in recorded order. */
  async *upTo(customerId: string, moment: Moment): AsyncGenerator<Past> {
    for await (const past of this.events(customerId)) {
      if (isBefore(past, moment)) yield past;
      else if (!('happened_at' in moment)) return;
    }
  }

  /** The state to fold from for this moment. */
  async beginning(customerId: string, moment: Moment): Promise<CustomerState> {
    if (!('happened_at' in moment)) return blank;
    return happenedBy(moment.happened_at, await this.sourceId(customerId)).initial;
  }

  async standing(customerId: string, moment: Moment): Promise<Standing> {
    let state = await this.beginning(customerId, moment);
    let last: Past | undefined;
    for await (const past of this.upTo(customerId, moment)) {
      state = customer.evolve(state, past.event);
      last = past;
    }
    return { state, last };
  }

  /** The state that the event at a revision ended. */
  async ending(customerId: string, revision: number): Promise<Ending> {
    let at = '';
    const orders = new Set<string>();
    for await (const { event } of this.upTo(customerId, { revision })) {
      if (event.type === 'OrderPlaced') orders.add(event.data.id);
      at = event.occurred_at;
    }
    return { at, events: revision + 1, orders: orders.size };
  }

  /** Decodes a page together; on failure one by one, to return all events before the first unreadable one. */
  private async *decode(page: readonly RecordedEvent[]): AsyncGenerator<Past> {
    try {
      yield* await this.decoder.decode(page);
    } catch (error) {
      if (!(error instanceof UnreadableEvent)) throw error;
      for (const event of page) yield* await this.decoder.decode([event]);
    }
  }

  /** Only the first event has it. */
  private async sourceId(customerId: string): Promise<string | undefined> {
    for await (const { event } of this.events(customerId)) {
      if (event.type === 'CustomerCreated') return event.data.source_id;
    }
    return undefined;
  }
}

/** True when the event counts at the moment. */
export function isBefore({ event, recorded, envelope }: Past, moment: Moment): boolean {
  if ('revision' in moment) return recorded.revision <= moment.revision;
  if ('position' in moment) return recorded.position <= moment.position;
  if ('recorded_at' in moment) return envelope.recorded_at <= nineDigits(moment.recorded_at);
  return happenedBy(moment.happened_at, undefined).includes(event);
}

/** The contract's object; undefined for an unknown customer or one who is gone. */
export const documentOf = (customerId: string, state: CustomerState): CustomerDocument | undefined =>
  state.status === 'active' ? toDocument(customerId, state) : undefined;
