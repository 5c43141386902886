import { Injectable } from '@nestjs/common';
import { CUSTOMER_STREAMS, type CustomerEvent, customerIn } from '#customer';
import { type Decoded, EventStore, KeyStore } from '#event-store';
import { Departures } from '../commands/departures.js';
import type { Reaction } from './reaction.js';

const BATCH_SIZE_MAX = 1_000;

/** A customer went: names are freed and the key is destroyed also when the service died right after the event. */
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

/** Who was forgotten stays forgotten, whatever backup the keys come from. */
@Injectable()
export class Erasures {
  constructor(
    private readonly departures: Departures,
    private readonly keys: KeyStore,
    private readonly store: EventStore,
  ) {}

  /** Destroys the keys of all who were erased up to a position and after what these keys know of; before anybody asks. */
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
