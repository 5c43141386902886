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
import { Repository } from './repository.js';

/** The stream prefix, event types and fields of one kind of names; they never change. */
export interface ClaimWords {
  /** The prefix of the stream; the HMAC of the name follows. */
  readonly prefix: string;
  /** The types of the two events. */
  readonly claimed: string;
  readonly released: string;
  /** The field that names the owner. */
  readonly owner: string;
  /** Owners are people: each is sealed under a key, and unknown once that key is destroyed. */
  readonly isSealed?: true;
}

/** A name, and its owner if there is one. */
export interface Claim {
  /** Absent when the name is free, or when the owner's key is destroyed. */
  readonly owner?: string;
  /** The key under which the owner is sealed. */
  readonly key_id?: KeyId;
  /** The latest business time up to which a former owner had the name; a new owner does not reset it. */
  readonly released_at?: Instant;
}

export interface OwnedClaim extends Claim {
  readonly owner: string;
}

/** The owner for a free name. */
export interface Proposal {
  readonly owner: string;
  /** The key that seals the owner; a new one by default. */
  readonly key_id?: KeyId | undefined;
}

/** Called for a free name, and again after a lost race; undefined leaves the name free. */
export type Propose<P> = (released_at: Instant | undefined) => P | Promise<P>;

const OWNERS_MAX = 100_000;
/** Streams that were written recently. */
const HOT_MAX = 1_000;

interface ClaimState {
  /** True for a claimed name that was not released, also when the owner is unknown. */
  readonly isTaken: boolean;
  readonly owner: string | undefined;
  readonly released_at: Instant | undefined;
}

const free: ClaimState = { isTaken: false, owner: undefined, released_at: undefined };

/**
 * Unique names with at most one owner, each in a stream of its own; the name itself is never written.
 * Owners are cached, free names never: the append makes `claim` correct at any time. A cached answer of `find` and `claim`
 * can lag behind a release or an erasure by another process until the name is released here as well, which asks the
 * store: treat an owner that is gone as a reason to `release` and try again.
 */
export class Claims {
  private readonly claims: Repository<ClaimState, DomainEvent>;
  private readonly decoder: Decoder<DomainEvent>;
  private readonly model: Model<ClaimState, DomainEvent>;
  private readonly owners = new LRUCache<StreamName, OwnedClaim>({ max: OWNERS_MAX });

  /** `key` is the key store's index key; `now` returns ISO instants; sealed owners need `keys`. */
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
    this.claims = new Repository<ClaimState, DomainEvent>(store, codec, keys, this.model, {
      now,
      weigh: () => 1,
      cache_weight_max: HOT_MAX,
      isKeyedByDecision: true,
    });
  }

  /** The owner of a name, and its release time. */
  async find(name: string): Promise<Claim> {
    const stream = this.streamOf(name);
    return this.owners.get(stream) ?? this.remember(stream, await this.claims.load(stream));
  }

  /** Claims a free name for the proposed owner. Resolves with the owner that the name has afterwards. */
  claim(name: string, propose: Propose<Proposal>, context?: Context): Promise<OwnedClaim>;
  claim(name: string, propose: Propose<Proposal | undefined>, context?: Context): Promise<Claim>;
  async claim(name: string, propose: Propose<Proposal | undefined>, context: Context = unasked()): Promise<Claim> {
    const stream = this.streamOf(name);
    const known = this.owners.get(stream);
    if (known !== undefined) return known;
    // most uncached names are new; the append fails for the others
    this.claims.assumeNew(stream);
    const decide = async ({ state }: Loaded<ClaimState>): Promise<Decided<ClaimState, DomainEvent>> => {
      const proposed = state.owner === undefined ? await propose(state.released_at) : undefined;
      if (proposed === undefined) return { events: [], state };
      const { owner, key_id } = proposed;
      const event = this.event(this.words.claimed, this.now(), { [this.words.owner]: owner });
      return { ...decided(this.model, state, [event]), key_id };
    };
    return this.remember(stream, await this.claims.handle(stream, decide, context));
  }

  /** Every present and former owner of a name, newest first, without those whose keys are destroyed. */
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
   * Releases a name that this owner has, or an owner whose key is destroyed. Up to `released_at`, a business time, the name
   * stays the former owner's; the default is now.
   */
  async release(
    name: string,
    owner: string,
    released_at: Instant = this.now(),
    context: Context = unasked(),
  ): Promise<void> {
    const stream = this.streamOf(name);
    const { isSealed = false, released, owner: field } = this.words;
    const decide = ({ state }: Loaded<ClaimState>): Decided<ClaimState, DomainEvent> => {
      const isTheirs = state.isTaken && (state.owner === undefined || state.owner === owner);
      // the claim before it has the owner, so that a release needs no key
      const event = this.event(released, released_at, isSealed ? {} : { [field]: owner });
      return decided(this.model, state, isTheirs ? [event] : []);
    };
    try {
      await this.claims.handle(stream, decide, context);
    } finally {
      this.owners.delete(stream);
    }
  }

  private event(type: string, occurred_at: string, data: object): DomainEvent {
    return { type, occurred_at: nineDigits(occurred_at), data };
  }

  /** `occurred_at` of a release is the time up to which the owner had the name. */
  private after({ released_at }: ClaimState, { type, data, occurred_at }: DomainEvent): ClaimState {
    if (type !== this.words.claimed) return { ...free, released_at: later(released_at, occurred_at) };
    const owner: unknown = Object.fromEntries(Object.entries(data))[this.words.owner];
    if (typeof owner === 'string') return { isTaken: true, owner, released_at };
    if (owner !== undefined || !this.words.isSealed) throw new TypeError(`${type} lacks its ${this.words.owner}`);
    return { ...free, isTaken: true, released_at };
  }

  private remember(stream: StreamName, { state, key_id }: Loaded<ClaimState>): Claim {
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
