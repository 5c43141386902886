import { Injectable } from '@nestjs/common';
import {
  type CustomerEvent,
  type CustomerState,
  customerStream,
  earlier,
  type Instant,
  nine,
  Rejection,
} from '#customer';
import { Repository, type Claim, Claims, type ClaimWords, type Context, type KeyId, Keyring } from '#event-store';
import { Config } from '../config.js';
import { newCustomerId } from './ids.js';

/** A source id has at most one customer. */
export const SOURCE_IDS: ClaimWords = {
  prefix: 'source',
  claimed: 'SourceIdClaimed',
  released: 'SourceIdReleased',
  owner: 'customer_id',
  isSealed: true,
};

/** An id of another system for a customer whose stream has another id. */
export const ALIASES: ClaimWords = {
  prefix: 'alias',
  claimed: 'AliasClaimed',
  released: 'AliasReleased',
  owner: 'customer_id',
  isSealed: true,
};

export class SourceIdClaims extends Claims {}
export class AliasClaims extends Claims {}

/** The customer that a name refers to, and the key of its stream when that may still be empty. */
export interface Named {
  readonly id: string;
  readonly key_id?: KeyId | undefined;
}

/** A reference to a customer by id or source id. */
interface Reference {
  readonly id?: string | undefined;
  readonly source_id?: string | undefined;
}

type Status = CustomerState['status'];

/** Resolves names to customers: ids, source ids and ids of other systems. A customer may have many. */
@Injectable()
export class CustomerNames {
  constructor(
    private readonly repository: Repository<CustomerState, CustomerEvent>,
    private readonly sources: SourceIdClaims,
    private readonly aliases: AliasClaims,
    private readonly keyring: Keyring,
    private readonly config: Config,
  ) {}

  /** The id of an active customer by any name, an id first; with `orDeleted` also of a deleted one, by id. */
  async existing(ref: string, orDeleted = false): Promise<string | Rejection> {
    const status = await this.status(ref);
    if (status === 'active') return ref;
    for (const claims of [this.sources, this.aliases]) {
      const { owner } = await claims.find(ref);
      if (owner !== undefined && (await this.status(owner)) === 'active') return owner;
    }
    return orDeleted && status === 'deleted' ? ref : new Rejection('not_found', { ref });
  }

  /** The customer of a source id, without a claim. */
  async ownerOf(source_id: string): Promise<string | undefined> {
    return (await this.sources.find(source_id)).owner;
  }

  /** The time until which an id referred to another customer. */
  async releasedAs(id: string): Promise<Instant | undefined> {
    return (await this.aliases.find(id)).released_at;
  }

  /** The customer of a source id; claims a free one for a new customer. */
  async claim(source_id: string): Promise<Named> {
    const id = newCustomerId();
    const claim = await this.sources.claim(source_id, async () => ({ owner: id, key_id: await this.keyring.take() }));
    if (claim.owner === id) this.repository.assumeNew(customerStream(id));
    return { id: claim.owner, key_id: claim.key_id };
  }

  /** As `claim`, but refuses facts up to the release of the name, because they are about its former owner. */
  async claimForFact(source_id: string, at: Instant): Promise<Named | Rejection> {
    const id = newCustomerId();
    const propose = async (released_at: Instant | undefined) =>
      isBefore(at, released_at) ? undefined : { owner: id, key_id: await this.keyring.take() };
    const claim = await this.sources.claim(source_id, propose);
    if (isBefore(at, claim.released_at) || claim.owner === undefined) return deleted({ source_id }, claim);
    if (claim.owner === id) this.repository.assumeNew(customerStream(id));
    return { id: claim.owner, key_id: claim.key_id };
  }

  /** The customer of an id, whose stream may have another id. */
  async ofId(id: string, told_at: Instant | undefined): Promise<Named | Rejection> {
    if ((await this.status(id)) === 'active') return { id };
    const claim = await this.aliases.find(id);
    if (told_at !== undefined && isBefore(told_at, claim.released_at)) return deleted({ id }, claim);
    return { id: claim.owner ?? id, ...(claim.owner !== undefined && { key_id: claim.key_id }) };
  }

  /**
   * The customer of a profile fact with an id and a source id. Claims both for the customer that either of them refers
   * to. Refuses two customers with histories, because customers cannot be merged.
   */
  async joined(id: string, source_id: string | undefined, at: Instant, mayCreate: boolean): Promise<Named | Rejection> {
    const state = await this.state(id);
    // the rule of this stream refuses the fact
    if (isGone(state) && isBefore(at, state.gone_at)) return { id };
    const alias = await this.aliases.find(id);
    if (isBefore(at, alias.released_at)) return deleted({ id }, alias);
    const known = state.status === 'active' ? { id } : alias.owner && { id: alias.owner, key_id: alias.key_id };
    if (!known && !mayCreate) return new Rejection('not_found', { id });
    const owner = known || (await this.claimAlias(id, source_id, isAnothers(state, alias)));
    return source_id === undefined ? owner : this.joinedWith(await this.claimAs(source_id, owner, at), id, owner);
  }

  private async joinedWith(other: Named | Rejection, id: string, owner: Named): Promise<Named | Rejection> {
    if (other instanceof Rejection || other.id === owner.id) return other;
    if ((await this.status(owner.id)) !== 'unknown') return new Rejection('duplicate_found', { customer_id: other.id });
    // another request claimed the source id meanwhile, and the id has no history yet
    await this.aliases.release(id, owner.id, EARLIEST);
    const { owner: now } = await this.aliases.claim(id, () => ({ owner: other.id, key_id: other.key_id }));
    return now === other.id ? other : new Rejection('duplicate_found', { customer_id: now });
  }

  /** Claims an id for the customer of its source id, else for itself, or for a new customer when its stream is used. */
  private async claimAlias(id: string, source_id: string | undefined, isUsed: boolean): Promise<Named> {
    const source = source_id === undefined ? undefined : await this.sources.find(source_id);
    const owner = source?.owner ?? (isUsed ? newCustomerId() : id);
    const { key_id: own } = await this.repository.load(customerStream(owner));
    const claim = await this.aliases.claim(id, async () => ({
      owner,
      key_id: own ?? source?.key_id ?? (await this.keyring.take()),
    }));
    return { id: claim.owner, key_id: claim.key_id };
  }

  /** The customer of a fact by one name, without a claim; undefined when the fact would create the customer. */
  async meant({ id, source_id = '' }: Reference, at: Instant): Promise<CustomerState | Rejection | undefined> {
    if (id !== undefined) {
      const named = await this.ofId(id, at);
      return named instanceof Rejection ? named : this.state(named.id);
    }
    const claim = await this.sources.find(source_id);
    if (isBefore(at, claim.released_at)) return deleted({ source_id }, claim);
    const state = claim.owner === undefined ? undefined : await this.state(claim.owner);
    return state && isGone(state) && !isBefore(at, state.gone_at) ? undefined : state;
  }

  async isGone(id: string): Promise<boolean> {
    return isGone(await this.state(id));
  }

  /** The customer that has or had this name. */
  async known(ref: string): Promise<string | undefined> {
    if ((await this.status(ref)) !== 'unknown') return ref;
    for (const claims of [this.sources, this.aliases])
      for await (const owner of claims.everyOwner(ref))
        if (['active', 'deleted'].includes(await this.status(owner))) return owner;
    return undefined;
  }

  /** Releases all names of a deleted customer; facts up to that time still belong to the customer. */
  async release(
    id: string,
    { head: { profile } }: CustomerState,
    gone: { readonly state: CustomerState; readonly recorded_at: Instant },
  ): Promise<void> {
    const at = this.releasedAt(gone);
    for (const name of Object.keys(profile.names)) await this.sources.release(name, id, at);
    for (const name of Object.keys(profile.aliases)) await this.aliases.release(name, id, at);
  }

  /** Releases the source id of a deleted customer that still has it; true when the command can be retried. */
  async releaseIfGone(ref: Reference | { readonly existing: string }, id: string, context?: Context): Promise<boolean> {
    if (!('source_id' in ref) || ref.source_id === undefined) return false;
    const { state, recorded_at } = await this.repository.load(customerStream(id));
    if (!isGone(state)) return false;
    await this.sources.release(ref.source_id, id, this.releasedAt({ state, recorded_at }), context);
    return ref.id === undefined;
  }

  /** The time of a release, bounded because facts of the first version may be dated years ahead. */
  private releasedAt({
    state,
    recorded_at,
  }: {
    readonly state: CustomerState;
    readonly recorded_at: Instant;
  }): Instant {
    const latest = new Date(Date.parse(recorded_at) + this.config.FACTS_AHEAD_MAX_S * 1_000).toISOString();
    return earlier(state.gone_at ?? recorded_at, nine(latest));
  }

  private async claimAs(source_id: string, { id, key_id }: Named, at: Instant): Promise<Named | Rejection> {
    const { key_id: own } = await this.repository.load(customerStream(id));
    const propose = async (released_at: Instant | undefined) =>
      isBefore(at, released_at) ? undefined : { owner: id, key_id: own ?? key_id ?? (await this.keyring.take()) };
    const claim = await this.sources.claim(source_id, propose);
    if (isBefore(at, claim.released_at) || claim.owner === undefined) return deleted({ source_id }, claim);
    return { id: claim.owner, key_id: claim.key_id };
  }

  private async state(id: string): Promise<CustomerState> {
    return (await this.repository.load(customerStream(id))).state;
  }

  private async status(id: string): Promise<Status> {
    return (await this.state(id)).status;
  }
}

/** An instant before all facts. */
const EARLIEST: Instant = '1000-01-01T00:00:00.000000000Z';

const isGone = ({ status }: CustomerState): boolean => status === 'deleted' || status === 'erased';

/** The stream of a released name holds events of the former owner: the new owner must not inherit them. */
const isAnothers = (state: CustomerState, { released_at }: Claim): boolean =>
  isGone(state) || (released_at !== undefined && state.entities.size > 0);

const isBefore = (at: Instant, released_at: Instant | undefined): boolean =>
  released_at !== undefined && at <= released_at;

const deleted = (name: Reference, { released_at }: Claim): Rejection =>
  new Rejection('customer_deleted', { ...name, released_at });
