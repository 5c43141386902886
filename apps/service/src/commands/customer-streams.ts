import { Injectable } from '@nestjs/common';
import {
  type CustomerEvent,
  type CustomerState,
  customerStream,
  type Decide,
  later,
  nine,
  type ProfileInput,
  type Provenance,
  Rejection,
} from '#customer';
import { Aggregates, Keyring, type KeyId } from '#event-store';
import type { CommandContext, Outcome, Proposal } from './customer-command.js';
import { CustomerNames, type Named } from './customer-names.js';

/** A released source id can be claimed by another customer in between; each round settles one such race. */
const ATTEMPTS_MAX = 4;

/** A customer as a client describes one besides naming it. */
export interface CustomerInput extends ProfileInput {
  readonly id?: string;
}

/** What is said of a customer besides the id. */
export const described = ({ id: _, ...said }: CustomerInput = {}): ProfileInput => said;

/** The write side of a customer: which one is meant, what is decided, one append. */
@Injectable()
export class CustomerStreams {
  constructor(
    private readonly aggregates: Aggregates<CustomerState, CustomerEvent>,
    private readonly names: CustomerNames,
    private readonly keyring: Keyring,
  ) {}

  /** Decides on a customer who is known already. */
  decideOn<Input>(named: Named, command: Proposal<Input>, rule: Decide<Input>): Promise<Outcome> {
    return this.append(named, command, rule);
  }

  async decide<Input>(command: Proposal<Input>, rule: Decide<Input>): Promise<Outcome> {
    const { customer, context } = command;
    for (let attempt = 1; ; attempt++) {
      const named = await this.identify(command);
      if (named instanceof Rejection) return named;
      const outcome = await this.append(named, command, rule);
      if (!(outcome instanceof Rejection)) return outcome;
      if (attempt >= ATTEMPTS_MAX || !(await this.names.releaseIfGone(customer, named.id, context))) return outcome;
    }
  }

  /** Makes room for others: nothing more is expected about this customer soon. */
  letGo(id: string): void {
    this.aggregates.forget(customerStream(id));
  }

  /** Makes everything that was sealed for a customer unreadable, the owners of its names too. Idempotent. */
  async destroyKey(id: string): Promise<void> {
    const { key_id } = await this.aggregates.load(customerStream(id));
    if (key_id !== undefined) await this.keyring.destroy(key_id);
  }

  /**
   * The customer whom a description means: an id must be known; a source id is known or claimed; without either it is a new
   * one under `newId`.
   */
  async named(
    { id, source_id }: { readonly id?: string | undefined; readonly source_id?: string | undefined },
    newId: string,
  ): Promise<string | Rejection> {
    if (id !== undefined) return this.names.existing(id);
    if (source_id === undefined) return newId;
    const owner = await this.names.claim(source_id);
    const isReleased = await this.names.releaseIfGone({ source_id }, owner.id);
    return isReleased ? (await this.names.claim(source_id)).id : owner.id;
  }

  /** The customer whom a description means, if there is one; nothing is claimed. */
  async meant({ id, source_id }: CustomerInput): Promise<string | undefined | Rejection> {
    if (id !== undefined) return this.names.existing(id);
    return source_id === undefined ? undefined : this.names.ownerOf(source_id);
  }

  isGone(id: string): Promise<boolean> {
    return this.names.isGone(id);
  }

  /** The customer who has or had this name; an erased one is found by id alone, as no name leads to it. */
  known(ref: string): Promise<string | undefined> {
    return this.names.known(ref);
  }

  /** The customer for whom a name stands now, if there is an active one. */
  async resolve(ref: string): Promise<string | undefined> {
    const id = await this.names.existing(ref);
    return id instanceof Rejection ? undefined : id;
  }

  /** An active customer, by any name, as it stands after everything that was accepted. */
  async active(ref: string): Promise<{ readonly id: string; readonly state: CustomerState } | undefined> {
    const id = await this.resolve(ref);
    if (id === undefined) return undefined;
    const state = await this.state(id);
    return state.status === 'active' ? { id, state } : undefined;
  }

  /** The customer to whom an id leads; the id itself while it leads to none. */
  async ownerOf(id: string): Promise<string> {
    const named = await this.names.ofId(id, undefined);
    return named instanceof Rejection ? id : named.id;
  }

  async state(id: string): Promise<CustomerState> {
    return (await this.loaded(id)).state;
  }

  loaded(id: string) {
    return this.aggregates.load(customerStream(id));
  }

  private async identify(command: Proposal<unknown>): Promise<Named | Rejection> {
    const { customer: ref, if_match } = command;
    const told_at = factTime(command);
    if ('existing' in ref) {
      const id = await this.names.existing(ref.existing, ref.deleted);
      return id instanceof Rejection ? id : { id };
    }
    // commands have looked up whom they mean
    if (ref.id !== undefined) return told_at === undefined ? { id: ref.id } : this.names.ofId(ref.id, told_at);
    const { source_id } = ref;
    if (told_at !== undefined) return this.names.claimForFact(source_id, told_at);
    // a customer who is not there has no revision, and no name is claimed for what is refused
    if (if_match !== undefined && (await this.names.ownerOf(source_id)) === undefined)
      return new Rejection('revision_mismatch');
    return this.names.claim(source_id);
  }

  private async append<Input>({ id, key_id }: Named, command: Proposal<Input>, rule: Decide<Input>): Promise<Outcome> {
    const { input, if_match } = command;
    const { origin, ...context } = command.context;
    const isFact = factTime(command) !== undefined;
    const at = nine(command.at);
    const outcome = await this.aggregates.transact<Rejection>(
      customerStream(id),
      ({ state, revision, recorded_at }) => {
        if (if_match !== undefined && if_match !== revision)
          return new Rejection('revision_mismatch', { customer_id: id, revision });
        // a command is a decision on everything that was recorded, whatever the clocks of other instances
        const given: Provenance = { at: isFact ? at : later(recorded_at, at), ...(origin && { origin }) };
        return rule(state, input, given);
      },
      { ...context, ...keyHint(key_id) },
    );
    if (outcome instanceof Rejection) return outcome;
    const created = outcome.events.some(({ type }) => type === 'CustomerCreated');
    return { customer_id: id, ...outcome, created };
  }
}

const keyHint = (key_id: KeyId | undefined) => (key_id === undefined ? {} : { key_id });

/** The business time of a fact; undefined for a command. */
function factTime({ at, context }: Pick<Proposal<unknown>, 'at'> & { readonly context: CommandContext }) {
  return context.origin?.digest === undefined ? undefined : nine(at);
}
