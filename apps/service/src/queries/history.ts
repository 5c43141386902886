import { Injectable } from '@nestjs/common';
import { customer, type CustomerEvent, type CustomerState } from '#customer';
import { Decoder, EventStore } from '#event-store';
import { customerStream } from '../commands/customer-streams.js';

/** A customer's past, folded from the stream. */
@Injectable()
export class History {
  constructor(
    private readonly store: EventStore,
    private readonly decoder: Decoder<CustomerEvent>,
  ) {}

  /** The state right after a revision. */
  async stateAt(customerId: string, revision: number): Promise<CustomerState> {
    let state = customer.initial;
    for await (const recorded of this.store.read(customerStream(customerId), { limit: revision + 1 })) {
      const [decoded] = await this.decoder.decode([recorded]);
      if (decoded) state = customer.evolve(state, decoded.event);
    }
    return state;
  }
}
