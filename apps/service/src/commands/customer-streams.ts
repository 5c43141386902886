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
import { Repository, Keyring, type KeyId } from '#event-store';
import type { CommandContext, CommandOutcome, Proposal } from './proposal.js';
import { CustomerNames, type Named } from './customer-names.js';

/** Another customer can claim a released source id meanwhile; each attempt resolves one such race. */
const ATTEMPTS_MAX = 4;

/** The reference and profile of a customer in a request. */
export interface CustomerInput extends ProfileInput {
  readonly id?: string;
}

/** The profile in a request, without the id. */
export const described = ({ id: _, ...said }: CustomerInput = {}): ProfileInput => said;

/** The write side of a customer: resolves the reference, decides, and appends the events at once. */
@Injectable()
export class CustomerStreams {
  constructor(
    private readonly repository: Repository<CustomerState, CustomerEvent>,
    private readonly names: CustomerNames,
    private readonly keyring: Keyring,
  ) {}

  /** Decides on a customer that is resolved already. */
  decideOn<Input>(named: Named, command: Proposal<Input>, rule: Decide<Input>): Promise<CommandOutcome> {
    return this.append(named, command, rule);
  }

  async decide<Input>(command: Proposal<Input>, rule: Decide<Input>): Promise<CommandOutcome> {
    const { customer, context } = command;
    for (let attempt = 1; ; attempt++) {
      const named = await this.identify(command);
      if (named instanceof Rejection) return named;
      const outcome = await this.append(named, command, rule);
      if (!(outcome instanceof Rejection)) return outcome;
      if (attempt >= ATTEMPTS_MAX || !(await this.names.releaseIfGone(customer, named.id, context))) return outcome;
    }
  }

  /** Removes a customer from the cache, when no further commands are expected soon. */
  letGo(id: string): void {
    this.repository.forget(customerStream(id));
  }

  /** Destroys a customer's key, so that its sealed data and the owners of its names are unreadable. Idempotent. */
  async destroyKey(id: string): Promise<void> {
    const { key_id } = await this.repository.load(customerStream(id));
    if (key_id !== undefined) await this.keyring.destroy(key_id);
  }

  /**
   * The customer of a request: an id must exist; a free source id is claimed for a new customer; without either the
   * customer is new under `newId`.
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

  /** The existing customer of a request, without a claim. */
  async meant({ id, source_id }: CustomerInput): Promise<string | undefined | Rejection> {
    if (id !== undefined) return this.names.existing(id);
    return source_id === undefined ? undefined : this.names.ownerOf(source_id);
  }

  isGone(id: string): Promise<boolean> {
    return this.names.isGone(id);
  }

  /** The customer that has or had this name; an erased one only by id. */
  known(ref: string): Promise<string | undefined> {
    return this.names.known(ref);
  }

  /** The id of the active customer with this name, if any. */
  async resolve(ref: string): Promise<string | undefined> {
    const id = await this.names.existing(ref);
    return id instanceof Rejection ? undefined : id;
  }

  /** An active customer by any name, with its newest state. */
  async active(ref: string): Promise<{ readonly id: string; readonly state: CustomerState } | undefined> {
    const id = await this.resolve(ref);
    if (id === undefined) return undefined;
    const state = await this.state(id);
    return state.status === 'active' ? { id, state } : undefined;
  }

  /** The customer that an id refers to; the id itself when it refers to none. */
  async ownerOf(id: string): Promise<string> {
    const named = await this.names.ofId(id, undefined);
    return named instanceof Rejection ? id : named.id;
  }

  async state(id: string): Promise<CustomerState> {
    return (await this.loaded(id)).state;
  }

  loaded(id: string) {
    return this.repository.load(customerStream(id));
  }

  private async identify(command: Proposal<unknown>): Promise<Named | Rejection> {
    const { customer: ref, if_match } = command;
    const told_at = factTime(command);
    if ('existing' in ref) {
      const id = await this.names.existing(ref.existing, ref.deleted);
      return id instanceof Rejection ? id : { id };
    }
    // other commands have resolved the id already
    if (ref.id !== undefined) return told_at === undefined ? { id: ref.id } : this.names.ofId(ref.id, told_at);
    const { source_id } = ref;
    if (told_at !== undefined) return this.names.claimForFact(source_id, told_at);
    // an unknown customer has no revision, and a refused command claims no name
    if (if_match !== undefined && (await this.names.ownerOf(source_id)) === undefined)
      return new Rejection('revision_mismatch');
    return this.names.claim(source_id);
  }

  private async append<Input>(
    { id, key_id }: Named,
    command: Proposal<Input>,
    rule: Decide<Input>,
  ): Promise<CommandOutcome> {
    const { input, if_match } = command;
    const { origin, ...context } = command.context;
    const isFact = factTime(command) !== undefined;
    const at = nine(command.at);
    const outcome = await this.repository.handle<Rejection>(
      customerStream(id),
      ({ state, revision, recorded_at }) => {
        if (if_match !== undefined && if_match !== revision)
          return new Rejection('revision_mismatch', { customer_id: id, revision });
        // a command decides on everything recorded, so its time must not precede it when clocks differ
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
