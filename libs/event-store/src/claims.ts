import { createHmac, randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type Decided, type Loaded, type Model, decided } from './batch.js';
import { Decoder } from './decoder.js';
import type { Codec, DomainEvent } from './envelope.js';
import type { EventStore, StreamName } from './event-store.js';
import { type Instant, later, nineDigits } from './instant.js';
import type { KeyId } from './key-store.js';
import { type Keyring, noKeys } from './keyring.js';
import type { Context } from './metadata.js';
import { Aggregates } from './transact.js';

/** How claims on one kind of name are written; for ever. */
export interface ClaimWords {
  /** Of the stream; the name follows as its HMAC. */
  readonly prefix: string;
  /** The types of the two events. */
  readonly claimed: string;
  readonly released: string;
  /** The field that names the owner. */
  readonly owner: string;
  /** Owners are people: each is sealed under a key, and unknown once that is destroyed. */
  readonly isSealed?: true;
}

/** A name, and its owner if there is one. */
export interface Claim {
  /** Absent when the name is free, also because the owner's key is destroyed. */
  readonly owner?: string;
  /** The key under which the owner is sealed. */
  readonly key_id?: KeyId;
  /** The latest business time up to which the name was a former owner's; it stays when there is a new one. */
  readonly released_at?: Instant;
}

export interface OwnedClaim extends Claim {
  readonly owner: string;
}

/** The owner that a free name is to have. */
export interface Proposal {
  readonly owner: string;
  /** The key under which to seal the owner; a new one unless told. */
  readonly key_id?: KeyId | undefined;
}

/** Called when a name is free, and again when another writer was faster; undefined leaves the name free. */
export type Propose<P> = (released_at: Instant | undefined) => P | Promise<P>;

const OWNERS_MAX = 100_000;
/** Of those written to just now. */
const HOT_MAX = 1_000;

interface Holding {
  /** Claimed and not released, also when the owner is unknown. */
  readonly isTaken: boolean;
  readonly owner: string | undefined;
  readonly released_at: Instant | undefined;
}

const free: Holding = { isTaken: false, owner: undefined, released_at: undefined };

/**
 * Names that have at most one owner, each in a stream of its own; the name itself is never written.
 * Owners are cached, the absence of one never is: `claim` is right at any time, as its append is. What `find` and `claim`
 * answer from the cache can be behind a release or an erasure by another process, until the name is released here as well
 * (which asks the store): so treat an owner that is gone as a reason to `release` and try again.
 */
export class Claims {
  private readonly claims: Aggregates<Holding, DomainEvent>;
  private readonly decoder: Decoder<DomainEvent>;
  private readonly model: Model<Holding, DomainEvent>;
  private readonly owners = new LRUCache<StreamName, OwnedClaim>({ max: OWNERS_MAX });

  /** `key` is the key store's index key; `now` gives ISO instants; owners that are sealed need `keys`. */
  constructor(
    private readonly store: EventStore,
    private readonly words: ClaimWords,
    private readonly key: Buffer,
    private readonly now: () => string,
    keys: Pick<Keyring, 'take' | 'get' | 'load'> = noKeys,
  ) {
    const { claimed, released, owner, isSealed = false } = words;
    const codec: Codec<DomainEvent> = {
      personal: isSealed ? { [claimed]: [owner] } : {},
      versions: { [claimed]: 1, [released]: 1 },
      upcast: (_type, _version, data) => data,
    };
    this.model = { initial: free, evolve: (holding, event) => this.after(holding, event) };
    this.decoder = new Decoder(codec, keys);
    this.claims = new Aggregates<Holding, DomainEvent>(store, codec, keys, this.model, {
      now,
      weigh: () => 1,
      cache_weight_max: HOT_MAX,
      isKeyedByDecision: true,
    });
  }

  /** The owner of a name, and when it was released. */
  async find(name: string): Promise<Claim> {
    const stream = this.streamOf(name);
    return this.owners.get(stream) ?? this.remember(stream, await this.claims.load(stream));
  }

  /** Gives a free name the owner that is proposed. Resolves with the owner that the name then has. */
  claim(name: string, propose: Propose<Proposal>, context?: Context): Promise<OwnedClaim>;
  claim(name: string, propose: Propose<Proposal | undefined>, context?: Context): Promise<Claim>;
  async claim(name: string, propose: Propose<Proposal | undefined>, context: Context = unasked()): Promise<Claim> {
    const stream = this.streamOf(name);
    const known = this.owners.get(stream);
    if (known !== undefined) return known;
    // most names that are claimed and not cached are new; for the others the append says so
    this.claims.assumeNew(stream);
    const decide = async ({ state }: Loaded<Holding>): Promise<Decided<Holding, DomainEvent>> => {
      const proposed = state.owner === undefined ? await propose(state.released_at) : undefined;
      if (proposed === undefined) return { events: [], state };
      const { owner, key_id } = proposed;
      const event = this.event(this.words.claimed, this.now(), { [this.words.owner]: owner });
      return { ...decided(this.model, state, [event]), key_id };
    };
    return this.remember(stream, await this.claims.transact(stream, decide, context));
  }

  /** Every owner a name has or had, the last one first, without those whose keys are destroyed. */
  async *everyOwner(name: string): AsyncGenerator<string> {
    for await (const recorded of this.store.read(this.streamOf(name), { direction: 'backwards' })) {
      if (recorded.type !== this.words.claimed) continue;
      for (const { event } of await this.decoder.decode([recorded])) {
        const { owner } = this.after(free, event);
        if (owner !== undefined) yield owner;
      }
    }
  }

  /**
   * Frees a name that this owner has, or an owner whose key is destroyed. Up to `released_at`, a business time, the name
   * stays the former owner's; now unless told.
   */
  async release(
    name: string,
    owner: string,
    released_at: Instant = this.now(),
    context: Context = unasked(),
  ): Promise<void> {
    const stream = this.streamOf(name);
    const { isSealed = false, released, owner: field } = this.words;
    const decide = ({ state }: Loaded<Holding>): Decided<Holding, DomainEvent> => {
      const isTheirs = state.isTaken && (state.owner === undefined || state.owner === owner);
      // the claim before it says whose it was, so that a release needs no key
      const event = this.event(released, released_at, isSealed ? {} : { [field]: owner });
      return decided(this.model, state, isTheirs ? [event] : []);
    };
    try {
      await this.claims.transact(stream, decide, context);
    } finally {
      this.owners.delete(stream);
    }
  }

  private event(type: string, occurred_at: string, data: object): DomainEvent {
    return { type, occurred_at: nineDigits(occurred_at), data };
  }

  /** A release is dated by the time up to which the name was its owner's. */
  private after({ released_at }: Holding, { type, data, occurred_at }: DomainEvent): Holding {
    if (type !== this.words.claimed) return { ...free, released_at: later(released_at, occurred_at) };
    const owner: unknown = Object.fromEntries(Object.entries(data))[this.words.owner];
    if (typeof owner === 'string') return { isTaken: true, owner, released_at };
    if (owner !== undefined || !this.words.isSealed) throw new TypeError(`${type} names no ${this.words.owner}`);
    return { ...free, isTaken: true, released_at };
  }

  private remember(stream: StreamName, { state, key_id }: Loaded<Holding>): Claim {
    const { owner, released_at } = state;
    const known = released_at === undefined ? {} : { released_at };
    if (owner === undefined) return known;
    const claim = { owner, ...(key_id !== undefined && { key_id }), ...known };
    this.owners.set(stream, claim);
    return claim;
  }

  private streamOf(name: string): StreamName {
    return `${this.words.prefix}-${createHmac('sha256', this.key).update(name).digest('hex')}`;
  }
}

const unasked = (): Context => ({ correlation_id: randomUUID(), actor: { channel: 'ledger' } });
