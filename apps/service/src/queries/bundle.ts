import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { type Bundle, openBundle } from '#audit';
import { EventStore, Keyring } from '#event-store';
import { Clock } from '../ops/clock.js';

/** Everything about one customer; undefined for a customer without events. */
export class MakeBundle extends Query<Bundle | undefined> {
  constructor(
    readonly customerId: string,
    readonly withKey: boolean,
  ) {
    super();
  }
}

@QueryHandler(MakeBundle)
export class MakeBundleHandler implements IQueryHandler<MakeBundle> {
  constructor(
    private readonly store: EventStore,
    private readonly keys: Keyring,
    private readonly clock: Clock,
  ) {}

  execute({ customerId, withKey }: MakeBundle): Promise<Bundle | undefined> {
    const { store, keys } = this;
    return openBundle({ store, keys }, { customer_id: customerId, made_at: this.clock.now(), with_key: withKey });
  }
}
