import { type Decided, decided, type Model } from './batch.js';
import type { DomainEvent } from './envelope.js';
import type { EventStore, Position, StreamName } from './event-store.js';
import { milliseconds, nineDigits } from './instant.js';
import { noKeys } from './keyring.js';
import type { Context } from './metadata.js';
import { Repository } from './repository.js';

/** The event types and fields of one kind of definitions; they never change. */
export interface CatalogWords {
  readonly stream: StreamName;
  /** The types of the two events: `{id, ...definition}` and `{id}`. */
  readonly defined: string;
  readonly removed: string;
}

export interface CatalogEntry<Definition extends object> {
  readonly definition: Definition;
  readonly created_at: string;
  /** Null until the first change. */
  readonly updated_at: string | null;
}

/** By id, oldest first. */
export type CatalogEntries<Definition extends object> = ReadonlyMap<string, CatalogEntry<Definition>>;

export interface CatalogState<Definition extends object> {
  /** Grows with each change. */
  readonly revision: number;
  /** The position of the last change in the whole store; 0 before the first. */
  readonly position: Position;
  readonly entries: CatalogEntries<Definition>;
}

/**
 * Definitions by id: few, read as a whole, all in one stream, so that their history is kept. Every read sees the
 * definitions of other processes.
 */
export class Catalog<Definition extends object> {
  private readonly catalogs: Repository<CatalogEntries<Definition>, DomainEvent>;
  private readonly model: Model<CatalogEntries<Definition>, DomainEvent>;

  constructor(
    store: EventStore,
    private readonly words: CatalogWords,
    private readonly now: () => string,
  ) {
    const { defined, removed } = words;
    const codec = {
      personal: {},
      versions: { [defined]: 1, [removed]: 1 },
      upcast: (_type: string, _version: number, data: object) => data,
    };
    const initial: CatalogEntries<Definition> = new Map();
    this.model = { initial, evolve: (entries, event) => this.after(entries, event) };
    this.catalogs = new Repository(store, codec, noKeys, this.model, { now, weigh: () => 1, cache_weight_max: 1 });
  }

  async state(): Promise<CatalogState<Definition>> {
    const { state, revision, position } = await this.catalogs.load(this.words.stream);
    return { revision, position, entries: state };
  }

  /**
   * Defines what `decide` returns, given all present definitions; undefined changes nothing. `decide` may run more than
   * once, and its errors are thrown. Resolves with the definition afterwards.
   */
  async define(
    id: string,
    decide: (entries: CatalogEntries<Definition>) => Definition | undefined,
    context: Context,
  ): Promise<CatalogEntry<Definition>> {
    const { state } = await this.catalogs.handle(
      this.words.stream,
      ({ state: entries }) => {
        const definition = decide(entries);
        return this.decided(entries, definition && this.event(this.words.defined, { id, ...definition }));
      },
      context,
    );
    const entry = state.get(id);
    if (entry === undefined) throw new Error(`${id} is not in ${this.words.stream} after it was defined`);
    return entry;
  }

  /** False when the id is unknown. */
  async remove(id: string, context: Context): Promise<boolean> {
    let isThere = false;
    await this.catalogs.handle(
      this.words.stream,
      ({ state: entries }) => {
        isThere = entries.has(id);
        return this.decided(entries, isThere ? this.event(this.words.removed, { id }) : undefined);
      },
      context,
    );
    return isThere;
  }

  private decided(
    entries: CatalogEntries<Definition>,
    event: DomainEvent | undefined,
  ): Decided<CatalogEntries<Definition>, DomainEvent> {
    return decided(this.model, entries, event ? [event] : []);
  }

  private event(type: string, data: object): DomainEvent {
    return { type, occurred_at: nineDigits(this.now()), data };
  }

  private after(
    entries: CatalogEntries<Definition>,
    { type, data, occurred_at }: DomainEvent,
  ): CatalogEntries<Definition> {
    const { id, ...definition } = data as { id: string } & Definition;
    const after = new Map(entries);
    const at = milliseconds(occurred_at);
    if (type === this.words.removed) after.delete(id);
    else
      after.set(id, {
        definition: definition as unknown as Definition,
        created_at: entries.get(id)?.created_at ?? at,
        updated_at: entries.has(id) ? at : null,
      });
    return after;
  }
}
