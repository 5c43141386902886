import { type CustomerEvent, customerIn } from '#customer';
import type { Decoded } from '#event-store';
import { CustomerStreams } from '../commands/customer-streams.js';
import type { Reaction } from './reaction.js';

/** A customer was erased: the key is destroyed also when the service died between the event and the key. */
export class DestroyKey implements Reaction {
  readonly name = 'destroy-key';
  readonly types = ['CustomerErased'] as const;

  constructor(private readonly streams: CustomerStreams) {}

  async handle({ recorded }: Decoded<CustomerEvent>): Promise<void> {
    await this.streams.destroyKey(customerIn(recorded.stream));
  }
}
