import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type CustomerState, type Decide, Rejection } from '#customer';
import type { Context } from '#event-store';
import { CustomerStreams } from './customer-streams.js';

/**
 * Whom a command means. By source id a customer is created when unknown; `existing` (either kind of id) must be there,
 * or with `deleted` may also have been deleted.
 */
export type CustomerRef =
  | { readonly id: string; readonly source_id?: string | undefined }
  | { readonly id?: undefined; readonly source_id: string }
  | { readonly existing: string; readonly deleted?: true };

/** What became of a command: durable once you hold it. */
export interface Accepted {
  readonly customer_id: string;
  readonly state: CustomerState;
  readonly revision: number;
  readonly position: bigint;
  /** False when the ledger knew all of it already. */
  readonly changed: boolean;
  /** What of the customer's the command was about: the id of an order. */
  readonly entity_id?: string;
}

export type Outcome = Accepted | Rejection;

/** Whose, what, when, who asked, and the revision they saw. */
export interface Proposal<Input> {
  readonly customer: CustomerRef;
  readonly input: Input;
  readonly at: string;
  readonly context: Context;
  readonly if_match?: number | undefined;
}

/** The envelope of every command on a customer. */
export abstract class CustomerCommand<Input> extends Command<Outcome> implements Proposal<Input> {
  constructor(
    readonly customer: CustomerRef,
    readonly input: Input,
    readonly at: string,
    readonly context: Context,
    readonly if_match?: number | undefined,
  ) {
    super();
  }
}

export type CustomerCommandClass<Input> = new (
  customer: CustomerRef,
  input: Input,
  at: string,
  context: Context,
  if_match?: number,
) => CustomerCommand<Input>;

/** Binds a command to its rule: the handler that loads, decides and appends. */
export function decides<Input>(command: CustomerCommandClass<Input>, rule: Decide<Input>) {
  @CommandHandler(command)
  class Handler implements ICommandHandler<CustomerCommand<Input>> {
    constructor(private readonly streams: CustomerStreams) {}

    execute(given: CustomerCommand<Input>): Promise<Outcome> {
      return this.streams.decide(given, rule);
    }
  }
  Object.defineProperty(Handler, 'name', { value: `${command.name}Handler` });
  return Handler;
}
