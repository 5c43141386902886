import { type Decided, decided, type Loaded } from './batch.js';
import { Keyring } from './keyring.js';
import { type RepositoryOptions, Repository } from './repository.js';
import type { Codec, DomainEvent } from './envelope.js';
import type { EventStore, ExpectedRevision, NewEvent, Receipt, RecordedEvent, StreamName } from './event-store.js';
import { MemoryEventStore } from './memory/event-store.js';
import { MemoryKeyStore } from './memory/key-store.js';
import type { Context } from './metadata.js';

/** A small aggregate for the specs: numbers in order, and notes about a person. */
export interface Tally {
  readonly added: readonly number[];
  readonly notes: readonly string[];
}

export interface Added extends DomainEvent {
  readonly type: 'Added';
  readonly data: { readonly n: number; readonly note?: string };
}

export const AT = '2026-01-02T03:04:05.678000000Z';

export const added = (n: number, note?: string): Added => ({
  type: 'Added',
  occurred_at: AT,
  data: { n, ...(note !== undefined && { note }) },
});

/** 0, 1, ... below count. */
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
export type Adding = (at: Pick<Loaded<Tally>, 'state'>) => Decided<Tally, Added>;
/** The decision to record these numbers. */
export const recording =
  (...events: Added[]): Adding =>
  ({ state }) =>
    decided(tally, state, events);
export const add = (n: number, note?: string): Adding => recording(added(n, note));
/** The decision to record the numbers that are missing. */
export const once =
  (n: number): Adding =>
  (at) =>
    recording(...(at.state.added.includes(n) ? [] : [added(n)]))(at);

export const tally = {
  initial: { added: [], notes: [] } as Tally,
  evolve: ({ added, notes }: Tally, { data: { n, note } }: Added): Tally => ({
    added: [...added, n],
    notes: note === undefined ? notes : [...notes, note],
  }),
};

export const codec: Codec<Added> = {
  personal: { Added: ['note'] },
  versions: { Added: 2 },
  upcast: (_type, version, data) => (version === 1 ? { n: Number(data['count']) } : (data as Added['data'])),
};

export const context: Context = { correlation_id: 'c-1', actor: { channel: 'test' } };

export const newKeyring = (): Keyring => new Keyring(new MemoryKeyStore(), { pool_size: 4 });

export function newAggregates(
  store: EventStore,
  options: Partial<RepositoryOptions<Tally>> = {},
  keyring = newKeyring(),
): Repository<Tally, Added> {
  return new Repository(store, codec, keyring, tally, {
    now: () => AT,
    weigh: ({ added: { length } }) => length,
    cache_weight_max: 10_000,
    ...options,
  });
}

/** A store with hooks that delay or fail calls, and counters. */
export class ProbedStore extends MemoryEventStore {
  readonly appended: (readonly NewEvent[])[] = [];
  reads = 0;
  before: (attempt: number) => Promise<void> = () => Promise.resolve();
  after: (attempt: number) => Promise<void> = () => Promise.resolve();

  override async append(stream: StreamName, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Receipt> {
    const attempt = this.appended.push(events);
    await this.before(attempt);
    const receipt = await super.append(stream, expected, events);
    await this.after(attempt);
    return receipt;
  }

  override read(...args: Parameters<MemoryEventStore['read']>): AsyncIterable<RecordedEvent> {
    this.reads += 1;
    return super.read(...args);
  }
}

export async function recordedIn(store: EventStore, stream: StreamName): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const event of store.read(stream)) events.push(event);
  return events;
}
