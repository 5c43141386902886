import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type CustomerEvent, type CustomerState, type Decide, Rejection } from '#customer';
import { Aggregates, Claims } from '#event-store';
import type { CustomerCommand, CustomerRef, Outcome } from './customer-command.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
/** A released source id can be claimed by someone else in between; each round settles one such race. */
const ATTEMPTS_MAX = 4;

/** The contract's form of a customer id: `cust_` and 24 base62 characters. */
export const newCustomerId = (): string =>
  `cust_${Array.from(randomBytes(24), (byte) => ALPHABET[byte % ALPHABET.length]).join('')}`;

export const customerStream = (id: string): string => `customer-${id}`;

/** The write side of a customer: who is meant, what is decided, one append. */
@Injectable()
export class CustomerStreams {
  constructor(
    private readonly aggregates: Aggregates<CustomerState, CustomerEvent>,
    private readonly claims: Claims,
  ) {}

  async decide<Input>(command: CustomerCommand<Input>, rule: Decide<Input>): Promise<Outcome> {
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
  claim(sourceId: string): Promise<string> {
    return this.claims.claim(sourceId, newCustomerId);
  }

  /** The id of an existing customer, from an id or a source id. */
  async find(ref: string): Promise<string | undefined> {
    if (ref.startsWith('cust_') && (await this.isActive(ref))) return ref;
    const owner = await this.claims.find(ref);
    return owner !== undefined && (await this.isActive(owner)) ? owner : undefined;
  }

  /** Frees the source id of a customer that is gone. */
  async release(state: CustomerState, id: string): Promise<void> {
    const sourceId = state.head.source_id;
    if (sourceId !== undefined) await this.claims.release(sourceId, id);
  }

  private async identify(ref: CustomerRef): Promise<string | Rejection> {
    if ('existing' in ref) return (await this.find(ref.existing)) ?? new Rejection('not_found', { ref: ref.existing });
    if (ref.id === undefined) return this.claim(ref.source_id);
    return ref.source_id === undefined ? ref.id : this.claimUnder(ref.id, ref.source_id);
  }

  /** An id wins over a source id; a customer that is new under that id also takes the source id. */
  private async claimUnder(id: string, sourceId: string): Promise<string | Rejection> {
    const { state } = await this.aggregates.load(customerStream(id));
    if (state.status !== 'unknown') return id;
    const owner = await this.claims.claim(sourceId, () => id);
    return owner === id ? id : new Rejection('duplicate_found', { customer_id: owner });
  }

  private async isActive(id: string): Promise<boolean> {
    return (await this.aggregates.load(customerStream(id))).state.status === 'active';
  }

  /** True when a refusal came from a customer that is gone but whose source id was never released. */
  private async freed(ref: CustomerRef, id: string): Promise<boolean> {
    if (!('source_id' in ref) || ref.source_id === undefined) return false;
    const { state } = await this.aggregates.load(customerStream(id));
    if (state.status !== 'deleted' && state.status !== 'erased') return false;
    await this.claims.release(ref.source_id, id);
    return ref.id === undefined;
  }
}
