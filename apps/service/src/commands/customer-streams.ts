import { createHash, randomInt } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import {
  type CustomerEvent,
  type CustomerState,
  customerStream,
  type Decide,
  type ProfileInput,
  Rejection,
} from '#customer';
import { Aggregates, Claims, type ClaimWords, Keyring } from '#event-store';
import type { CustomerRef, Outcome, Proposal } from './customer-command.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const ID_PREFIX = 'cust_';
const ID_LENGTH = 24;
/** A released source id can be claimed by someone else in between; each round settles one such race. */
const ATTEMPTS_MAX = 4;

/** A source id has at most one customer. */
export const SOURCE_IDS: ClaimWords = {
  prefix: 'source',
  claimed: 'SourceIdClaimed',
  released: 'SourceIdReleased',
  owner: 'customer_id',
};

/** The contract's form of a customer id: `cust_` and 24 base62 characters. */
export const newCustomerId = (): string => newId(ID_PREFIX);

export const newId = (prefix: string): string =>
  `${prefix}${Array.from({ length: ID_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')}`;

/** The id of the nth of several that are made together: the same whenever it is asked for. */
export function nthId(id: string, n: number): string {
  const bytes = createHash('sha256').update(`${id} ${n}`).digest().subarray(0, ID_LENGTH);
  return `${ID_PREFIX}${Array.from(bytes, (byte) => ALPHABET[byte % ALPHABET.length]).join('')}`;
}

/** A customer as a client describes one besides naming it. */
export interface CustomerInput extends ProfileInput {
  readonly id?: string;
}

/** What is said of a customer besides the id. */
export const described = ({ id: _, ...said }: CustomerInput = {}): ProfileInput => said;

/** The write side of a customer: who is meant, what is decided, one append. */
@Injectable()
export class CustomerStreams {
  constructor(
    private readonly aggregates: Aggregates<CustomerState, CustomerEvent>,
    private readonly claims: Claims,
    private readonly keyring: Keyring,
  ) {}

  async decide<Input>(command: Proposal<Input>, rule: Decide<Input>): Promise<Outcome> {
    const { customer, input, at, context, if_match } = command;
    for (let attempt = 1; ; attempt++) {
      const id = await this.identify(customer);
      if (id instanceof Rejection) return id;
      const outcome = await this.aggregates.transact<Rejection>(
        customerStream(id),
        (state, revision) =>
          if_match === undefined || if_match === revision
            ? rule(state, input, at)
            : new Rejection('revision_mismatch', { customer_id: id, revision }),
        context,
      );
      if (!(outcome instanceof Rejection)) return { customer_id: id, ...outcome };
      if (attempt >= ATTEMPTS_MAX || !(await this.freed(customer, id))) return outcome;
    }
  }

  /** The id that a source id stands for, claimed for a new customer when nobody has it. */
  async claim(sourceId: string): Promise<string> {
    let fresh: string | undefined;
    const owner = await this.claims.claim(sourceId, () => (fresh = newCustomerId()));
    if (owner === fresh) this.aggregates.assumeNew(customerStream(fresh));
    return owner;
  }

  /** Decides that a customer goes, and frees the source id. */
  async leave(command: Proposal<undefined>, rule: Decide<undefined>): Promise<Outcome> {
    const id = await this.identify(command.customer);
    if (id instanceof Rejection) return id;
    const { state: before } = await this.aggregates.load(customerStream(id));
    const outcome = await this.decide({ ...command, customer: { id } }, rule);
    const { source_id } = before.head.profile;
    if (!(outcome instanceof Rejection) && source_id !== undefined) await this.claims.release(source_id, id);
    return outcome;
  }

  /** Makes room for others: nobody is expected to speak of this customer soon. */
  letGo(id: string): void {
    this.aggregates.forget(customerStream(id));
  }

  /** Makes everything that was sealed for a customer unreadable. Idempotent. */
  async destroyKey(id: string): Promise<void> {
    const { key_id } = await this.aggregates.load(customerStream(id));
    if (key_id !== undefined) await this.keyring.destroy(key_id);
  }

  /**
   * Who is meant by a description: an id wins and must be known; a source id is known or claimed; neither is somebody new
   * under `newId`.
   */
  async named(
    { id, source_id }: { readonly id?: string | undefined; readonly source_id?: string | undefined },
    newId: string,
  ): Promise<string | Rejection> {
    if (id !== undefined) return this.existing(id, false);
    if (source_id === undefined) return newId;
    const owner = await this.claim(source_id);
    return (await this.freed({ source_id }, owner)) ? this.claim(source_id) : owner;
  }

  async isGone(id: string): Promise<boolean> {
    return ['deleted', 'erased'].includes(await this.status(id));
  }

  private async identify(ref: CustomerRef): Promise<string | Rejection> {
    if ('existing' in ref) return this.existing(ref.existing, ref.deleted === true);
    if (ref.id === undefined) return this.claim(ref.source_id);
    return ref.source_id === undefined ? ref.id : this.claimUnder(ref.id, ref.source_id);
  }

  /** An id or a source id; the id wins. */
  private async existing(ref: string, orDeleted: boolean): Promise<string | Rejection> {
    const status = await this.status(ref);
    if (status === 'active' || (orDeleted && status === 'deleted')) return ref;
    const owner = await this.claims.find(ref);
    return owner !== undefined && (await this.status(owner)) === 'active' ? owner : new Rejection('not_found', { ref });
  }

  /** An id wins over a source id; a customer that is new under that id also takes the source id. */
  private async claimUnder(id: string, sourceId: string): Promise<string | Rejection> {
    if ((await this.status(id)) !== 'unknown') return id;
    const owner = await this.claims.claim(sourceId, () => id);
    return owner === id ? id : new Rejection('duplicate_found', { customer_id: owner });
  }

  /**
   * Whoever has or had this id, else who has or last had this source id. Who was erased is found by id alone: nothing leads
   * from a name to somebody forgotten.
   */
  async known(ref: string): Promise<string | undefined> {
    if ((await this.status(ref)) !== 'unknown') return ref;
    for await (const owner of this.claims.everyOwner(ref)) {
      if (['active', 'deleted'].includes(await this.status(owner))) return owner;
    }
    return undefined;
  }

  /** An active customer, by id or source id, as it stands after everything that was accepted. */
  async active(ref: string): Promise<{ readonly id: string; readonly state: CustomerState } | undefined> {
    const id = await this.existing(ref, false);
    if (id instanceof Rejection) return undefined;
    const { state } = await this.aggregates.load(customerStream(id));
    return state.status === 'active' ? { id, state } : undefined;
  }

  private async status(id: string): Promise<CustomerState['status']> {
    return (await this.aggregates.load(customerStream(id))).state.status;
  }

  /** True when a refusal came from a customer that is gone but whose source id was never released. */
  private async freed(ref: CustomerRef, id: string): Promise<boolean> {
    if (!('source_id' in ref) || ref.source_id === undefined) return false;
    if (!(await this.isGone(id))) return false;
    await this.claims.release(ref.source_id, id);
    return ref.id === undefined;
  }
}
