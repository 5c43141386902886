import {
  customer,
  type CustomerEvent,
  type CustomerState,
  type Decide,
  type Decided,
  type Origin,
  Rejection,
} from '#customer';
import { type EventBatch, type Decoded, type RecordedEvent, UnreadableEvent } from '#event-store';

/** A small event log in memory with its decoder and its failures: batches cut anywhere, unreadable events. */
export class Log {
  readonly events: RecordedEvent[] = [];
  readonly unreadable = new Set<string>();
  private readonly states = new Map<string, CustomerState>();
  private readonly revisions = new Map<string, number>();

  /** Decides on the customer's state in the log and appends the events; false when the rule refuses. */
  decide<Input>(id: string, rule: Decide<Input>, input: Input, at: string, origin?: Origin): boolean {
    return this.take(id, (state) => rule(state, input, { at, ...(origin && { origin }) }));
  }

  take(id: string, decide: (state: CustomerState) => Decided | Rejection): boolean {
    const decided = decide(this.state(id));
    if (decided instanceof Rejection) return false;
    for (const event of decided.events) this.append(id, event);
    return true;
  }

  append(id: string, event: CustomerEvent): RecordedEvent {
    const revision = (this.revisions.get(id) ?? -1) + 1;
    const position = this.events.length * 3 + 1;
    const { type, occurred_at, data, origin } = event;
    const metadata = {
      schema: 1,
      occurred_at,
      recorded_at: occurred_at,
      correlation_id: `request-${position}`,
      actor: { channel: 'API', key: 'shop' },
      ...(origin && { origin }),
    };
    const recorded = {
      id: `event-${position}`,
      type,
      data,
      metadata,
      stream: `customer-${id}`,
      revision,
      position: BigInt(position),
    } as unknown as RecordedEvent;
    this.events.push(recorded);
    this.revisions.set(id, revision);
    this.states.set(id, customer.evolve(this.state(id), event));
    return recorded;
  }

  state(id: string): CustomerState {
    return this.states.get(id) ?? customer.initial;
  }

  get ids(): string[] {
    return [...this.states.keys()];
  }

  batch(from = 0, to = this.events.length): EventBatch {
    const events = this.events.slice(from, to);
    return { events, position: events.at(-1)?.position ?? 0n };
  }

  async decode(events: readonly RecordedEvent[]): Promise<Decoded<CustomerEvent>[]> {
    return events.map((recorded) => {
      if (this.unreadable.has(recorded.id))
        throw new UnreadableEvent(recorded, new TypeError('Ada Lovelace is not a type'));
      const { occurred_at, origin } = recorded.metadata as unknown as { occurred_at: string; origin?: Origin };
      const event = {
        type: recorded.type,
        occurred_at,
        data: structuredClone(recorded.data),
        ...(origin && { origin }),
      } as unknown as CustomerEvent;
      return { event, recorded, envelope: recorded.metadata, erased: false } as unknown as Decoded<CustomerEvent>;
    });
  }

  async *follow(after: bigint | undefined, { batch_size_max }: { batch_size_max: number }): AsyncIterable<EventBatch> {
    const from = this.events.findIndex(({ position }) => position > (after ?? -1n));
    for (let at = from < 0 ? this.events.length : from; at < this.events.length; at += batch_size_max)
      yield this.batch(at, at + batch_size_max);
  }

  async *readAll(after?: bigint, limit = Number.POSITIVE_INFINITY): AsyncIterable<RecordedEvent> {
    const from = this.events.findIndex(({ position }) => position > (after ?? -1n));
    if (from >= 0) yield* this.events.slice(from, from + limit);
  }

  async *read(stream: string): AsyncIterable<RecordedEvent> {
    yield* this.events.filter((event) => event.stream === stream);
  }

  async head(): Promise<bigint> {
    return this.events.at(-1)?.position ?? 0n;
  }

  identity(): Promise<string> {
    return Promise.resolve('store-1');
  }
}
