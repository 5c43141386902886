import { Injectable } from '@nestjs/common';
import { CUSTOMER_STREAMS, type CustomerEvent, customerIn } from '#customer';
import { type Decoded, EventStore, KeyStore } from '#event-store';
import { Departures } from '../commands/departures.js';
import type { Reaction } from './reaction.js';

const BATCH_SIZE_MAX = 1_000;

/** Completes deletions and erasures, also when the service died right after the event. */
export class DestroyKey implements Reaction {
  readonly name = 'destroy-key';
  readonly types = ['CustomerDeleted', 'CustomerErased'] as const;

  constructor(
    private readonly departures: Departures,
    private readonly keys: KeyStore,
    private readonly store: EventStore,
  ) {}

  async handle({ event, recorded }: Decoded<CustomerEvent>): Promise<void> {
    await this.departures.complete(customerIn(recorded.stream), recorded.revision, event.type === 'CustomerErased');
    if (event.type === 'CustomerErased') await this.keys.noteErased(await this.store.identity(), recorded.position);
  }
}

/** Destroys keys of erased customers again that a backup of the keys brought back. */
@Injectable()
export class Erasures {
  constructor(
    private readonly departures: Departures,
    private readonly keys: KeyStore,
    private readonly store: EventStore,
  ) {}

  /** Destroys keys of erased customers from the position that the key store knows to this one, before any request. */
  async carryOut(upTo: bigint): Promise<number> {
    const store = await this.store.identity();
    const known = await this.keys.erasedUpTo(store);
    if (known >= upTo) return 0;
    const over = new AbortController();
    const following = { prefixes: [CUSTOMER_STREAMS], batch_size_max: BATCH_SIZE_MAX, signal: over.signal };
    let erased = 0;
    for await (const { events, position } of this.store.follow(known, following)) {
      for (const { type, stream, revision } of events) {
        if (type !== 'CustomerErased') continue;
        await this.departures.complete(customerIn(stream), revision, true);
        erased += 1;
      }
      await this.keys.noteErased(store, position);
      if (position >= upTo) over.abort();
    }
    return erased;
  }
}
