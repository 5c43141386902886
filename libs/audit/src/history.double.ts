import * as fc from 'fast-check';
import {
  blank,
  customer,
  type CustomerEvent,
  type CustomerState,
  Rejection,
  customerStream,
  nine,
  personal,
  upcast,
  versions,
} from '#customer';
import { Repository, Decoder, Keyring, MemoryEventStore, MemoryKeyStore } from '#event-store';
import { aHistory, decide, type RandomFact } from '../../customer/src/history.fixture.js';
import { History } from './history.js';

/** A ledger in memory with a manual clock. */
export class Ledger {
  readonly store = new MemoryEventStore();
  readonly keys = new MemoryKeyStore();
  readonly keyring = new Keyring(this.keys, { pool_size: 4 });
  readonly decoder = new Decoder<CustomerEvent>({ personal, versions, upcast }, this.keyring);
  readonly history = new History(this.store, this.decoder);
  /** The recorded events, straight from the decisions. */
  readonly events: { readonly event: CustomerEvent; readonly recorded_at: string; readonly position: bigint }[] = [];
  /** All that was told and counts. */
  readonly told: RandomFact[] = [];
  private now_ms = Date.UTC(2026, 0, 1);
  private readonly repository = new Repository<CustomerState, CustomerEvent>(
    this.store,
    { personal, versions, upcast },
    this.keyring,
    customer,
    { now: () => this.now(), weigh: () => 1, cache_weight_max: 100 },
  );

  now(): string {
    return new Date(this.now_ms).toISOString();
  }

  /** Advances the clock and records a fact. */
  async tell(id: string, told: RandomFact, after_ms: number): Promise<void> {
    this.now_ms += after_ms;
    const context = { correlation_id: 'c', actor: { channel: 'TEST' } };
    const outcome = await this.repository.handle<Rejection>(
      customerStream(id),
      ({ state }) => decide(state, whole(told)),
      context,
    );
    if (outcome instanceof Rejection) throw new Error(`${told.rule} was refused: ${outcome.code}`);
    // a credit that comes after one of a later turn says nothing
    if (told.rule !== 'credit' || outcome.events.length > 0) this.told.push(told);
    for (const event of outcome.events)
      this.events.push({ event, recorded_at: outcome.recorded_at, position: outcome.position });
  }

  /** A fresh fold of selected recorded events. */
  fold(isWanted: (event: Ledger['events'][number], revision: number) => boolean, from = blank): CustomerState {
    return this.events.filter(isWanted).reduce((state, { event }) => customer.evolve(state, event), from);
  }
}

/** Adds the customer, and all digits of its time. */
function whole(told: RandomFact): RandomFact {
  const who = { source_id: 'ada' };
  const about = told.rule === 'profile' ? who : { customer: who };
  return { ...told, at: nine(told.at), input: { ...about, ...told.input } };
}

/** Facts, each with the time that passes before it is recorded. */
export const aTelling = aHistory.chain((history) =>
  fc.tuple(...history.map((told) => fc.tuple(fc.constant(told), fc.integer({ min: 0, max: 3 })))),
);

export async function ledgerOf(id: string, telling: readonly (readonly [RandomFact, number])[]): Promise<Ledger> {
  const ledger = new Ledger();
  for (const [told, after_ms] of telling) await ledger.tell(id, told, after_ms);
  return ledger;
}
