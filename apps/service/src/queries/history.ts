import { Injectable } from '@nestjs/common';
import { blank, customer, type CustomerEvent, type CustomerState } from '#customer';
import { type Decoded, Decoder, EventStore } from '#event-store';
import { customerStream } from '../commands/customer-streams.js';

/** How a customer ended. */
export interface Ending {
  readonly at: string;
  readonly events: number;
  readonly orders: number;
}

/** A customer's past, folded from the stream. */
@Injectable()
export class History {
  constructor(
    private readonly store: EventStore,
    private readonly decoder: Decoder<CustomerEvent>,
  ) {}

  /** The state right after a revision. */
  async stateAt(customerId: string, revision: number): Promise<CustomerState> {
    let state = blank;
    for await (const { event } of this.upTo(customerId, revision)) state = customer.evolve(state, event);
    return state;
  }

  /** What was there when the event at a revision ended it. */
  async ending(customerId: string, revision: number): Promise<Ending> {
    let at = '';
    const orders = new Set<string>();
    for await (const { event } of this.upTo(customerId, revision)) {
      if (event.type === 'OrderPlaced') orders.add(event.data.id);
      at = event.occurred_at;
    }
    return { at, events: revision + 1, orders: orders.size };
  }

  private async *upTo(customerId: string, revision: number): AsyncGenerator<Decoded<CustomerEvent>> {
    for await (const recorded of this.store.read(customerStream(customerId), { limit: revision + 1 })) {
      yield* await this.decoder.decode([recorded]);
    }
  }
}
