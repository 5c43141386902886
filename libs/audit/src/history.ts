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

/** A point of a customer's history: by the recorded events, or by the business time of all that is known today. */
export type Moment =
  | { readonly revision: number }
  | { readonly position: Position }
  | { readonly recorded_at: Instant }
  | { readonly happened_at: Instant };

/** A customer at a moment. */
export interface Standing {
  readonly state: CustomerState;
  /** The last event that counts; undefined before the first. */
  readonly last: Past | undefined;
}

/** An event of a customer's past. */
export type Past = Decoded<CustomerEvent>;

/** How a customer ended. */
export interface Ending {
  readonly at: Instant;
  readonly events: number;
  readonly orders: number;
}

/** Decoded together: bounds memory, and how long a thread is held up. */
const PAGE_SIZE = 500;

/** The past of customers, folded from their streams alone. Events that cannot be read throw UnreadableEvent. */
export class History {
  constructor(
    private readonly store: Pick<EventStore, 'read'>,
    private readonly decoder: Pick<Decoder<CustomerEvent>, 'decode'>,
  ) {}

  /** As they are stored, sealed. */
  recorded(customerId: string, options?: ReadOptions): AsyncIterable<RecordedEvent> {
    return this.store.read(customerStream(customerId), options);
  }

  /** Page by page. */
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

  /** Those that count at a moment, in the order in which they were recorded. */
  async *upTo(customerId: string, moment: Moment): AsyncGenerator<Past> {
    for await (const past of this.events(customerId)) {
      if (isBefore(past, moment)) yield past;
      else if (!('happened_at' in moment)) return;
    }
  }

  /** Before everything that happened, as it is to be folded for this moment. */
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

  /** What was there when the event at a revision ended it. */
  async ending(customerId: string, revision: number): Promise<Ending> {
    let at = '';
    const orders = new Set<string>();
    for await (const { event } of this.upTo(customerId, { revision })) {
      if (event.type === 'OrderPlaced') orders.add(event.data.id);
      at = event.occurred_at;
    }
    return { at, events: revision + 1, orders: orders.size };
  }

  /** Together; when that fails one by one, so that all before the first that cannot be read are there. */
  private async *decode(page: readonly RecordedEvent[]): AsyncGenerator<Past> {
    try {
      yield* await this.decoder.decode(page);
    } catch (error) {
      if (!(error instanceof UnreadableEvent)) throw error;
      for (const event of page) yield* await this.decoder.decode([event]);
    }
  }

  /** It is said once, at the beginning. */
  private async sourceId(customerId: string): Promise<string | undefined> {
    for await (const { event } of this.events(customerId)) {
      if (event.type === 'CustomerCreated') return event.data.source_id;
    }
    return undefined;
  }
}

/** Whether an event counts at a moment. */
export function isBefore({ event, recorded, envelope }: Past, moment: Moment): boolean {
  if ('revision' in moment) return recorded.revision <= moment.revision;
  if ('position' in moment) return recorded.position <= moment.position;
  if ('recorded_at' in moment) return envelope.recorded_at <= nineDigits(moment.recorded_at);
  return happenedBy(moment.happened_at, undefined).includes(event);
}

/** The contract's object, undefined for nobody: not there yet, or gone. */
export const documentOf = (customerId: string, state: CustomerState): CustomerDocument | undefined =>
  state.status === 'active' ? toDocument(customerId, state) : undefined;
