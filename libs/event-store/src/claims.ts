import { createHmac, randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Context, DomainEvent } from './envelope.js';
import type { EventStore, StreamName } from './event-store.js';
import { noKeys } from './keyring.js';
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
}

const OWNERS_MAX = 100_000;
/** Of those written to just now. */
const HOT_MAX = 1_000;

type Claim = { readonly owner: string | undefined };

/**
 * Names that have at most one owner, each in a stream of its own; the name itself is never written.
 * Owners are cached, the absence of one never is: `claim` is right at any time, as its append is. What `find` and `claim`
 * answer from the cache can be behind a release by another process, until somebody here releases the name as well
 * (which asks the store): so treat an owner that is gone as a reason to `release` and try again.
 */
export class Claims {
  private readonly claims: Aggregates<Claim, DomainEvent>;
  private readonly owners = new LRUCache<StreamName, string>({ max: OWNERS_MAX });

  /** `key` is the key store's index key; `now` gives ISO instants. */
  constructor(
    private readonly store: EventStore,
    private readonly words: ClaimWords,
    private readonly key: Buffer,
    private readonly now: () => string,
  ) {
    const { claimed, released } = words;
    const codec = {
      personal: {},
      versions: { [claimed]: 1, [released]: 1 },
      upcast: (_type: string, _version: number, data: object) => data,
    };
    const model = { initial: { owner: undefined }, evolve: (_: Claim, event: DomainEvent) => this.after(event) };
    this.claims = new Aggregates<Claim, DomainEvent>(store, codec, noKeys, model, {
      now,
      weigh: () => 1,
      cache_weight_max: HOT_MAX,
    });
  }

  /** The owner of a name. */
  async find(name: string): Promise<string | undefined> {
    const stream = this.streamOf(name);
    const known = this.owners.get(stream);
    if (known !== undefined) return known;
    return this.remember(stream, (await this.claims.load(stream)).state.owner);
  }

  /** The owner of a name: who has it already, or the one proposed. */
  async claim(name: string, propose: () => string, context: Context = unasked()): Promise<string> {
    const stream = this.streamOf(name);
    const known = this.owners.get(stream);
    if (known !== undefined) return known;
    // most names that are claimed and not cached are new; for the others the append says so
    this.claims.assumeNew(stream);
    const decide = ({ owner }: Claim): readonly DomainEvent[] =>
      owner === undefined ? [this.event(this.words.claimed, propose())] : [];
    const { state } = await this.claims.transact(stream, decide, context);
    if (state.owner === undefined) throw new Error(`stream ${stream} has no owner after a claim`);
    return this.remember(stream, state.owner);
  }

  /** Everybody who has or had a name, the last one first. */
  async *everyOwner(name: string): AsyncGenerator<string> {
    for await (const { type, data } of this.store.read(this.streamOf(name), { direction: 'backwards' })) {
      const owner = data[this.words.owner];
      if (type === this.words.claimed && typeof owner === 'string') yield owner;
    }
  }

  /** Takes a name back, if this is its owner; anybody may claim it then. */
  async release(name: string, owner: string, context: Context = unasked()): Promise<void> {
    const stream = this.streamOf(name);
    const decide = (claim: Claim): readonly DomainEvent[] =>
      claim.owner === owner ? [this.event(this.words.released, owner)] : [];
    try {
      await this.claims.transact(stream, decide, context);
    } finally {
      this.owners.delete(stream);
    }
  }

  private event(type: string, owner: string): DomainEvent {
    return { type, occurred_at: this.now(), data: { [this.words.owner]: owner } };
  }

  private after({ type, data }: DomainEvent): Claim {
    if (type !== this.words.claimed) return { owner: undefined };
    const owner: unknown = Object.fromEntries(Object.entries(data))[this.words.owner];
    if (typeof owner !== 'string') throw new TypeError(`${type} names no ${this.words.owner}`);
    return { owner };
  }

  private remember<Owner extends string | undefined>(stream: StreamName, owner: Owner): Owner {
    if (owner !== undefined) this.owners.set(stream, owner);
    return owner;
  }

  private streamOf(name: string): StreamName {
    return `${this.words.prefix}-${createHmac('sha256', this.key).update(name).digest('hex')}`;
  }
}

const unasked = (): Context => ({ correlation_id: randomUUID(), actor: { channel: 'ledger' } });
